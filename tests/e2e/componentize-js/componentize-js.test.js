// A JavaScript program made into a component by its own toolchain runs in the engine as it does in Node, and fetches what it may.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { componentize } from '@bytecodealliance/componentize-js';
import { answer } from './answer.js';

const folder = mkdtempSync(join(tmpdir(), 'outlayer-js-'));
const program = join(folder, 'program.wasm');

/** Says what it was asked. */
const server = createServer(async (request, response) => {
    let body = '';
    for await (const part of request) body += part;
    response.setHeader('x-seen', request.headers['x-sent'] ?? 'nothing');
    response.writeHead(201).end(`${request.method} ${request.url} ${body}`);
});

/** One run of `outlayer wasm …` with --json; it ends with status 1 when the program ends in another way than by completing. */
async function outlayer(...args) {
    const env = { XDG_CACHE_HOME: folder, PATH: process.env.PATH };
    return new Promise((done, failed) =>
        execFile(`${process.env.OUTLAYER_BIN}/outlayer`, ['wasm', ...args, '--json'], { env }, (error, out, said) =>
            !error || error.code === 1 ? done(JSON.parse(out)) : failed(new Error(`${error}: ${said}`))));
}

before(async () => {
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const source = `${readFileSync(new URL('answer.js', import.meta.url), 'utf8').replace('export function', 'function')}
        async function ask() {
            const answer = await fetch('http://127.0.0.1:${server.address().port}/ask?a=b', { method: 'POST', headers: { 'x-sent': 'a header' }, body: 'naïve' });
            return [answer.status, answer.headers.get('x-seen'), await answer.text()].join(' ');
        }
        export const run = { async run() { console.log(answer()); console.log(await ask().catch(() => 'refused')); } };`;
    const { component } = await componentize(source, {
        witPath: new URL('wit', import.meta.url).pathname,
        worldName: 'program',
        disableFeatures: ['fetch-event'],
    });
    writeFileSync(program, component);
});

after(() => {
    server.close();
    rmSync(folder, { recursive: true });
});

test('it is inspected', async () => {
    const seen = await outlayer('inspect', program);
    assert.equal(seen.kind, 'component');
    assert.ok(seen.whole);
    assert.ok(seen.imports.some((i) => i.name.startsWith('wasi:io/streams@0.2.')));
    assert.deepEqual(seen.exports.map((e) => e.name), ['wasi:cli/run@0.2.0']);
});

test('it answers as Node does, and the second time at once', async () => {
    const compiled = await outlayer('compile', program);
    assert.ok(compiled.compile_ms > 0 && compiled.artifact_bytes > compiled.bytes);
    for (let i = 0; i < 2; i++) {
        const run = await outlayer('run', program);
        assert.equal(run.outcome, 'completed', run.message);
        assert.equal(run.output, `${answer()}\nrefused\n`);
        assert.equal(run.compile_ms, 0);
    }
});

test('it fetches from a server that it may call', async () => {
    const run = await outlayer('run', program, '--allow-http', '127.0.0.1');
    assert.equal(run.output, `${answer()}\n201 a header POST /ask?a=b naïve\n`);
});

test('its limits hold', async () => {
    assert.equal((await outlayer('run', program, '--max-instructions', '100000')).outcome, 'out_of_instructions');
    assert.equal((await outlayer('run', program, '--max-memory-mb', '1')).outcome, 'out_of_memory');
});
