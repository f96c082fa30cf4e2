/** Work for a JavaScript engine whose result does not depend on which one it is. */
export function answer() {
    const primes = [];
    for (let n = 2; primes.length < 500; n++) if (primes.every((p) => n % p)) primes.push(n);
    const words = 'the quick brown fox jumps over the lazy dog'.split(' ');
    const counts = Object.fromEntries([...new Set(words)].sort().map((w) => [w, words.filter((x) => x === w).length]));
    const floats = new Float64Array([0.1 + 0.2, Math.sqrt(2), -0, 1 / 3]);
    return JSON.stringify({
        prime: primes.at(-1),
        factorial: (function f(n) { return n < 2n ? 1n : n * f(n - 1n); })(40n).toString(),
        counts,
        floats: [...floats],
        text: [...'naïve 🦊 café'].reverse().join(''),
        matches: 'a1b22c333'.match(/\d+/g),
        date: new Date(1.7e12).toISOString(),
        deep: JSON.parse('['.repeat(200) + ']'.repeat(200)).length,
    });
}
