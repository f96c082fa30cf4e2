#include "worker/host/host_testing.h"

static struct host_fixture f;

static int set_up(void **state)
{
    (void)state;
    host_fixture_open(&f);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    host_fixture_close(&f);
    return 0;
}

static void a_refund_is_one_and_not_more_than_came(void **state)
{
    (void)state;
    f.id = (struct host_identity){.has_attached_usd = true, .attached_usd = 1000};
    assert_string_equal(complete(&f, "payment_refund_usd\t1001\npayment_refund_usd\t400\npayment_refund_usd\t1\n"),
                        "error Refund amount 1001 exceeds attached USD 1000\n"
                        "ok \n"
                        "error refund_usd can only be called once per execution\n");
    assert_int_equal(f.refund_usd, 400);
    assert_string_equal(complete(&f, "payment_refund_usd\t18446744073709551615\n"),
                        "error Refund amount 18446744073709551615 exceeds attached USD 1000\n");
    assert_int_equal(f.refund_usd, 0);
}

static void without_a_payment_only_nothing_goes_back(void **state)
{
    (void)state;
    f.id = (struct host_identity){.has_attached_usd = true};
    assert_string_equal(complete(&f, "payment_refund_usd\t1\npayment_refund_usd\t0\n"),
                        "error Refund amount 1 exceeds attached USD 0\nok \n");
    assert_int_equal(f.refund_usd, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_refund_is_one_and_not_more_than_came),
        cmocka_unit_test(without_a_payment_only_nothing_goes_back),
    };
    return cmocka_run_group_tests_name("near:payment", tests, set_up, tear_down);
}
