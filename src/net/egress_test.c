/* Where strangers' requests may go. */
#include "base/clock.h"
#include "base/test.h"
#include "net/egress.h"
#include <arpa/inet.h>
#include <ifaddrs.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

static void special_addresses_are_known(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool special;
    } cases[] = {
        {"0.0.0.0", true},
        {"0.255.255.255", true},
        {"1.1.1.1", false},
        {"8.8.8.8", false},
        {"9.255.255.255", false},
        {"10.0.0.0", true},
        {"10.255.255.255", true},
        {"11.0.0.0", false},
        {"100.63.255.255", false},
        {"100.64.0.1", true},
        {"100.127.255.255", true},
        {"100.128.0.1", false},
        {"127.0.0.1", true},
        {"127.255.255.255", true},
        {"128.0.0.0", false},
        {"169.253.255.255", false},
        {"169.254.169.254", true},
        {"172.15.255.255", false},
        {"172.16.0.1", true},
        {"172.31.255.255", true},
        {"172.32.0.1", false},
        {"192.0.0.8", true},
        {"192.0.1.0", false},
        {"192.0.2.1", true},
        {"192.88.99.1", true},
        {"192.167.255.255", false},
        {"192.168.1.1", true},
        {"198.17.255.255", false},
        {"198.18.0.1", true},
        {"198.19.255.255", true},
        {"198.20.0.1", false},
        {"198.51.100.7", true},
        {"203.0.113.9", true},
        {"223.255.255.255", false},
        {"224.0.0.1", true},
        {"239.255.255.255", true},
        {"240.0.0.1", true},
        {"255.255.255.255", true},
        {"::", true},
        {"::1", true},
        {"::7f00:1", true},
        {"::808:808", true},
        {"::ffff:127.0.0.1", true},
        {"::ffff:169.254.169.254", true},
        {"::ffff:10.0.0.1", true},
        {"::ffff:8.8.8.8", false},
        {"::ffff:0:8.8.8.8", true},
        {"64:ff9b::7f00:1", true},
        {"64:ff9b::808:808", true},
        {"64:ff9b:1::1", true},
        {"100::1", true},
        {"2001::1", true},
        {"2001:0:4136:e378:8000:63bf:3fff:fdd2", true},
        {"2001:db8::1", true},
        {"2001:4860:4860::8888", false},
        {"2002:7f00:1::", true},
        {"2002:808:808::", true},
        {"2606:4700::1111", false},
        {"3fff::1", true},
        {"4000::1", true},
        {"fc00::1", true},
        {"fdff::1", true},
        {"fe80::1", true},
        {"febf::1", true},
        {"fec0::1", true},
        {"ff02::1", true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct net_address a;
        assert_true(net_address_parse(slice_str(cases[i].text), &a));
        if (net_address_is_special(&a) != cases[i].special)
            fail_msg("%s", cases[i].text);
    }
    assert_true(net_address_is_special(&(struct net_address){.family = AF_UNIX}));
}

static void only_this_machine_is_loopback(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool loopback;
    } cases[] = {
        {"127.0.0.1", true},  {"127.9.9.9", true}, {"::1", true}, {"::ffff:127.0.0.1", true},
        {"126.0.0.1", false}, {"10.0.0.1", false}, {"::", false}, {"::ffff:10.0.0.1", false},
        {"fe80::1", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct net_address a;
        assert_true(net_address_parse(slice_str(cases[i].text), &a));
        assert_int_equal(net_address_is_loopback(&a), cases[i].loopback);
    }
}

struct answers {
    const char *addresses[4];
    unsigned lookups;
    char asked[256];
};

static struct err *answer(void *self, const char *host, uint64_t deadline_ns, struct net_address *out, size_t *count)
{
    struct answers *a = self;
    (void)deadline_ns;
    a->lookups++;
    snprintf(a->asked, sizeof a->asked, "%s", host);
    for (*count = 0; *count < 4 && a->addresses[*count]; (*count)++)
        assert_true(net_address_parse(slice_str(a->addresses[*count]), &out[*count]));
    return *count ? NULL : err_new(ERR_UNAVAILABLE, "no such name");
}

static struct err *judge(const struct egress_policy *policy, const char *text, struct egress_route *route)
{
    struct url url;
    TRY(url_parse(slice_str(text), &url));
    return egress_judge(policy, &url, UINT64_MAX, route);
}

static const char blocked[] = "destination blocked: internal/private/link-local address";

static void one_blocked_address_refuses_the_name(void **state)
{
    (void)state;
    static const struct {
        const char *addresses[4];
        bool passes;
    } cases[] = {
        {{"8.8.8.8"}, true},
        {{"8.8.8.8", "2606:4700::1111"}, true},
        {{"127.0.0.1"}, false},
        {{"8.8.8.8", "10.0.0.1"}, false},
        {{"10.0.0.1", "8.8.8.8"}, false},
        {{"8.8.8.8", "2606:4700::1111", "::ffff:169.254.169.254"}, false},
        {{"64:ff9b::a9fe:a9fe"}, false},
        {{"fe80::1"}, false},
        {{"0.0.0.0"}, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct answers a = {0};
        struct egress_route route = {0};
        memcpy(a.addresses, cases[i].addresses, sizeof a.addresses);
        const struct resolver resolver = {answer, &a};
        const struct egress_policy policy = {.resolver = &resolver};
        if (cases[i].passes)
            assert_ok(judge(&policy, "https://Example.COM./x", &route));
        else
            assert_fails(judge(&policy, "https://Example.COM./x", &route), ERR_DENIED, blocked);
        assert_int_equal(a.lookups, 1);
        assert_string_equal(a.asked, "example.com");
    }
}

static void addresses_need_no_lookup_and_are_judged_alike(void **state)
{
    (void)state;
    struct answers a = {0};
    struct egress_route route = {0};
    const struct resolver resolver = {answer, &a};
    const struct egress_policy open = {.resolver = &resolver}, loopback = {.resolver = &resolver, .reach = EGRESS_LOOPBACK},
                               anywhere = {.resolver = &resolver, .reach = EGRESS_ANYWHERE};
    assert_ok(judge(&open, "http://8.8.8.8/", &route));
    assert_int_equal(route.count, 1);
    assert_fails(judge(&open, "http://127.0.0.1/", &route), ERR_DENIED, blocked);
    assert_fails(judge(&open, "http://[::ffff:7f00:1]/", &route), ERR_DENIED, blocked);
    assert_ok(judge(&loopback, "http://127.0.0.1/", &route));
    assert_ok(judge(&loopback, "http://[::1]/", &route));
    assert_fails(judge(&loopback, "http://10.0.0.1/", &route), ERR_DENIED, blocked);
    assert_fails(judge(&loopback, "http://169.254.169.254/", &route), ERR_DENIED, blocked);
    assert_ok(judge(&anywhere, "http://10.0.0.1/", &route));
    assert_int_equal(a.lookups, 0);
}

/* A machine with public addresses. */
struct machine {
    const char *addresses[3];
    unsigned reads;
    bool is_broken;
    uint64_t now_ns;
    struct clock clock;
    struct interfaces interfaces;
};

static struct err *read_machine(void *self, struct buf *addresses)
{
    struct machine *m = self;
    struct net_address address;
    m->reads++;
    for (size_t i = 0; i < 3 && m->addresses[i]; i++) {
        assert_true(net_address_parse(slice_str(m->addresses[i]), &address));
        buf_append(addresses, slice_from(&address, sizeof address));
    }
    return m->is_broken ? err_new(ERR_UNAVAILABLE, "no table") : NULL;
}

static uint64_t machine_now(void *self)
{
    return ((struct machine *)self)->now_ns;
}

static void machine_open(struct machine *m)
{
    *m = (struct machine){.addresses = {"127.0.0.1", "9.9.9.9", "2606:4700::1111"}, .now_ns = NS_PER_SEC};
    m->clock = (struct clock){.monotonic_ns = machine_now, .self = m};
    m->interfaces =
        (struct interfaces){.read = read_machine, .self = m, .clock = &m->clock, .mutex = PTHREAD_MUTEX_INITIALIZER};
}

static void the_machines_own_public_addresses_are_refused_as_loopback_is(void **state)
{
    (void)state;
    struct machine m;
    struct egress_route route = {0};
    struct answers a = {.addresses = {"8.8.8.8", "9.9.9.9"}};
    const struct resolver resolver = {answer, &a};
    machine_open(&m);
    const struct egress_policy open = {.resolver = &resolver, .interfaces = &m.interfaces},
                               loopback = {.interfaces = &m.interfaces, .reach = EGRESS_LOOPBACK},
                               anywhere = {.interfaces = &m.interfaces, .reach = EGRESS_ANYWHERE};
    assert_fails(judge(&open, "http://9.9.9.9/", &route), ERR_DENIED, blocked);
    assert_fails(judge(&open, "http://[::ffff:909:909]/", &route), ERR_DENIED, blocked);
    assert_fails(judge(&open, "http://[2606:4700:0:0::1111]:8443/", &route), ERR_DENIED, blocked);
    assert_fails(judge(&open, "https://rebind.example/", &route), ERR_DENIED, blocked);
    assert_ok(judge(&open, "http://9.9.9.8/", &route));
    assert_ok(judge(&open, "http://[2606:4700::1112]/", &route));
    assert_fails(judge(&loopback, "http://9.9.9.9/", &route), ERR_DENIED, blocked);
    assert_ok(judge(&loopback, "http://127.0.0.1/", &route));
    assert_ok(judge(&anywhere, "http://9.9.9.9/", &route));
    buf_free(&m.interfaces.addresses);
}

static void the_machines_addresses_are_read_again_when_they_are_old(void **state)
{
    (void)state;
    struct machine m;
    struct egress_route route = {0};
    machine_open(&m);
    const struct egress_policy policy = {.interfaces = &m.interfaces};
    assert_ok(judge(&policy, "http://8.8.8.8/", &route));
    m.addresses[2] = "8.8.8.8"; /* a new one */
    m.now_ns += INTERFACES_MAX_AGE_MS * NS_PER_MS - 1;
    assert_ok(judge(&policy, "http://8.8.8.8/", &route));
    assert_int_equal(m.reads, 1);
    m.now_ns += 1;
    assert_fails(judge(&policy, "http://8.8.8.8/", &route), ERR_DENIED, blocked);
    assert_ok(judge(&policy, "http://[2606:4700::1111]/", &route)); /* the one that is gone */
    assert_int_equal(m.reads, 2);
    buf_free(&m.interfaces.addresses);
}

static void nothing_is_reached_while_the_machines_addresses_are_not_known(void **state)
{
    (void)state;
    struct machine m;
    struct egress_route route = {0};
    machine_open(&m);
    const struct egress_policy policy = {.interfaces = &m.interfaces};
    m.is_broken = true;
    assert_fails(judge(&policy, "http://8.8.8.8/", &route), ERR_UNAVAILABLE, "no table");
    assert_fails(judge(&policy, "http://9.9.9.9/", &route), ERR_UNAVAILABLE, "no table");
    assert_fails(judge(&policy, "http://10.0.0.1/", &route), ERR_DENIED, blocked);
    m.is_broken = false;
    assert_ok(judge(&policy, "http://8.8.8.8/", &route));
    assert_fails(judge(&policy, "http://9.9.9.9/", &route), ERR_DENIED, blocked);
    buf_free(&m.interfaces.addresses);
}

static void this_machine_knows_its_own_addresses(void **state)
{
    (void)state;
    struct ifaddrs *all = NULL;
    struct net_address address;
    bool own = false;
    char text[NET_ADDRESS_TEXT_MAX];
    unsigned found = 0;
    assert_int_equal(getifaddrs(&all), 0);
    for (const struct ifaddrs *i = all; i; i = i->ifa_next) {
        if (!i->ifa_addr || (i->ifa_addr->sa_family != AF_INET && i->ifa_addr->sa_family != AF_INET6))
            continue;
        bool v4 = i->ifa_addr->sa_family == AF_INET;
        assert_non_null(inet_ntop(i->ifa_addr->sa_family,
                                  v4 ? (const void *)&((const struct sockaddr_in *)(const void *)i->ifa_addr)->sin_addr
                                     : (const void *)&((const struct sockaddr_in6 *)(const void *)i->ifa_addr)->sin6_addr,
                                  text, sizeof text));
        assert_true(net_address_parse(slice_str(text), &address));
        assert_ok(interfaces_have(&interfaces_system, &address, &own));
        if (!own)
            fail_msg("%s", text);
        found++;
    }
    freeifaddrs(all);
    assert_true(found >= 1);
    assert_true(net_address_parse(SLICE("8.8.8.8"), &address));
    assert_ok(interfaces_have(&interfaces_system, &address, &own));
    assert_false(own);
}

static void what_is_not_listed_is_not_even_looked_up(void **state)
{
    (void)state;
    static const char *const hosts[] = {"api.weather.example", "192.0.2.1"};
    struct answers a = {.addresses = {"8.8.8.8"}};
    struct egress_route route = {0};
    const struct resolver resolver = {answer, &a};
    const struct egress_policy policy = {.resolver = &resolver, .only_listed = true, .hosts = hosts, .host_count = 2},
                               none = {.resolver = &resolver, .only_listed = true};
    assert_ok(judge(&policy, "https://API.Weather.Example:8443/now", &route));
    assert_int_equal(a.lookups, 1);
    assert_fails(judge(&policy, "https://secret.weather.example/", &route), ERR_DENIED,
                 "host \"secret.weather.example\" is not in the project's manifest network allowlist");
    assert_fails(judge(&policy, "https://api.weather.example.evil.example/", &route), ERR_DENIED,
                 "host \"api.weather.example.evil.example\" is not in the project's manifest network allowlist");
    assert_fails(judge(&none, "https://api.weather.example/", &route), ERR_DENIED,
                 "host \"api.weather.example\" is not in the project's manifest network allowlist");
    assert_fails(judge(&policy, "https://192.0.2.1/", &route), ERR_DENIED, blocked); /* a list opens no blocked address */
    assert_int_equal(a.lookups, 1);
}

static void a_name_without_addresses_says_so(void **state)
{
    (void)state;
    struct answers a = {0};
    struct egress_route route = {0};
    const struct resolver resolver = {answer, &a};
    const struct egress_policy policy = {.resolver = &resolver};
    assert_fails(judge(&policy, "https://nowhere.example/", &route), ERR_UNAVAILABLE, "dns resolution failed: no such name");
}

static void hosts_of_lists_are_normalised(void **state)
{
    (void)state;
    char host[URL_HOST_MAX + 1], longest[300];
    assert_true(egress_host_normalise(SLICE("  API.Example. \t"), host));
    assert_string_equal(host, "api.example");
    assert_false(egress_host_normalise(SLICE(" . "), host));
    assert_false(egress_host_normalise(SLICE(""), host));
    memset(longest, 'a', sizeof longest);
    assert_false(egress_host_normalise(slice_from(longest, sizeof longest), host));
}

/* Needs no network: the machine's own name service knows itself. */
static void the_machine_resolves_its_own_name(void **state)
{
    (void)state;
    struct net_address found[RESOLVER_ADDRESSES_MAX];
    size_t count = 0;
    uint64_t deadline = clock_monotonic_ns(&clock_system) + 10 * NS_PER_SEC;
    assert_ok(resolver_system.lookup(NULL, "localhost", deadline, found, &count));
    assert_in_range(count, 1, RESOLVER_ADDRESSES_MAX);
    for (size_t i = 0; i < count; i++)
        assert_true(net_address_is_loopback(&found[i]));
    AUTO(err) struct err *e = resolver_system.lookup(NULL, "no-such-name.invalid", deadline, found, &count);
    assert_int_equal(err_code(e), ERR_UNAVAILABLE);
}

/* A name server that never answers costs the caller its deadline and no more. */
static void a_lookup_ends_at_its_deadline(void **state)
{
    (void)state;
    struct net_address found[RESOLVER_ADDRESSES_MAX];
    size_t count = 0;
    assert_fails(resolver_system.lookup(NULL, "localhost", 1, found, &count), ERR_UNAVAILABLE, "no answer in time");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(special_addresses_are_known),
        cmocka_unit_test(only_this_machine_is_loopback),
        cmocka_unit_test(one_blocked_address_refuses_the_name),
        cmocka_unit_test(addresses_need_no_lookup_and_are_judged_alike),
        cmocka_unit_test(the_machines_own_public_addresses_are_refused_as_loopback_is),
        cmocka_unit_test(the_machines_addresses_are_read_again_when_they_are_old),
        cmocka_unit_test(nothing_is_reached_while_the_machines_addresses_are_not_known),
        cmocka_unit_test(this_machine_knows_its_own_addresses),
        cmocka_unit_test(what_is_not_listed_is_not_even_looked_up),
        cmocka_unit_test(a_name_without_addresses_says_so),
        cmocka_unit_test(hosts_of_lists_are_normalised),
        cmocka_unit_test(the_machine_resolves_its_own_name),
        cmocka_unit_test(a_lookup_ends_at_its_deadline),
    };
    return cmocka_run_group_tests_name("egress", tests, NULL, NULL);
}
