// A JavaScript program made into a component by its own toolchain runs in the engine as it does in Node.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { componentize } from '@bytecodealliance/componentize-js';
import { answer } from './answer.js';

const folder = mkdtempSync(join(tmpdir(), 'outlayer-js-'));
const program = join(folder, 'program.wasm');

/** One run of `outlayer wasm …` with --json. */
function outlayer(...args) {
    const env = { XDG_CACHE_HOME: folder, PATH: process.env.PATH };
    try {
        return JSON.parse(execFileSync(`${process.env.OUTLAYER_BIN}/outlayer`, ['wasm', ...args, '--json'], { env, stdio: 'pipe' }));
    } catch (e) {
        return JSON.parse(e.stdout); // status 1: it ended in another way than by completing
    }
}

before(async () => {
    const source = `${readFileSync(new URL('answer.js', import.meta.url), 'utf8').replace('export function', 'function')}
        export const run = { run() { console.log(answer()); } };`;
    const { component } = await componentize(source, {
        witPath: new URL('wit', import.meta.url).pathname,
        worldName: 'program',
        disableFeatures: ['http', 'fetch-event'],
    });
    writeFileSync(program, component);
});

after(() => rmSync(folder, { recursive: true }));

test('it is inspected', () => {
    const seen = outlayer('inspect', program);
    assert.equal(seen.kind, 'component');
    assert.ok(seen.whole);
    assert.ok(seen.imports.some((i) => i.name.startsWith('wasi:io/streams@0.2.')));
    assert.deepEqual(seen.exports.map((e) => e.name), ['wasi:cli/run@0.2.0']);
});

test('it answers as Node does, and the second time at once', () => {
    const compiled = outlayer('compile', program);
    assert.ok(compiled.compile_ms > 0 && compiled.artifact_bytes > compiled.bytes);
    for (let i = 0; i < 2; i++) {
        const run = outlayer('run', program);
        assert.equal(run.outcome, 'completed', run.message);
        assert.equal(run.output, `${answer()}\n`);
        assert.equal(run.compile_ms, 0);
    }
});

test('its limits hold', () => {
    assert.equal(outlayer('run', program, '--max-instructions', '100000').outcome, 'out_of_instructions');
    assert.equal(outlayer('run', program, '--max-memory-mb', '1').outcome, 'out_of_memory');
});
