/** A server process that is asked to end: what is under way ends well, what is new is told, exit 0. */

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:http2';
import { test } from 'node:test';
import { requestReader, answerReader, usualTerms, writeRequests } from '@dsm/availability';
import { installNative } from '@dsm/node';
import { against, pause, statuses, stranger } from './stranger.ts';

installNative();

const body = writeRequests([
  { type: 'put', terms: usualTerms, bytes: new Uint8Array(1_000) },
  { type: 'get', address: new Uint8Array(32) },
]);
const head = `POST /v1/exchange HTTP/1.1\r\nhost: x\r\ncontent-length: ${body.length}\r\n\r\n`;
const get = 'GET /v1/registry HTTP/1.1\r\nhost: x\r\n\r\n';

test('requests under way end well, others hear `closing`, new connections find nobody', async () => {
  assert.equal(requestReader().push(body).values.length, 2);
  await against({}, async ({ port, terminate }) => {
    const underWay = stranger(port, Buffer.concat([Buffer.from(head), body.subarray(0, 500)]));
    const kept = stranger(port, get);
    const idle = stranger(port, get);
    while (statuses(kept.heard()).length + statuses(idle.heard()).length < 2) await pause(10);
    // A part of a request is here: this connection is not idle when the end is asked for.
    kept.socket.write(get.slice(0, 10));
    await pause(50);
    const gone = terminate();
    await idle.ended;
    kept.socket.write(get.slice(10));
    const answer = await kept.ended;
    assert.deepEqual(statuses(answer), [200, 503]);
    assert.match(answer, /connection: close/i);
    assert.match(answer, /"code":"closing"/);
    assert.equal(await stranger(port, get).ended, '');
    underWay.socket.write(body.subarray(500));
    const heard = await underWay.ended;
    assert.deepEqual(statuses(heard), [200]);
    assert.equal(await gone, 0);
  });
});

test('of HTTP/2, too: the stream under way ends well, the session takes no more', async () => {
  await against({}, async ({ base, terminate }) => {
    const session = connect(base);
    const closed = once(session, 'close');
    const stream = session.request({ ':path': '/v1/exchange', ':method': 'POST' });
    stream.write(body.subarray(0, 500));
    const asked = session.request({ ':path': '/healthz' });
    asked.resume();
    await once(asked, 'close');
    const away = once(session, 'goaway');
    const gone = terminate();
    await away;
    const parts: Uint8Array[] = [];
    stream.on('data', (part: Uint8Array) => parts.push(part));
    stream.end(body.subarray(500));
    await once(stream, 'end');
    const answers = answerReader().push(Buffer.concat(parts)).values;
    assert.deepEqual(
      answers.map(({ type }) => type),
      ['ok', 'absent'],
    );
    await closed;
    assert.equal(await gone, 0);
  });
});

test('with nothing under way the process ends at once, whoever holds connections', async () => {
  await against({}, async ({ port, terminate }) => {
    const held = Array.from({ length: 20 }, () => stranger(port, ''));
    await pause(200);
    const begun = performance.now();
    assert.equal(await terminate(), 0);
    assert.ok(performance.now() - begun < 4_000);
    for (const { ended } of held) await ended;
  });
});
