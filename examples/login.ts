/**
 * Login: a server that lets devices in, and a device that says which one it is. No password, no account.
 *
 *     device   POST /challenge              POST /login            GET /me
 *     server                  challenge                 cookie             who it is
 */

import { strictEqual } from 'node:assert';
import { randomUUID } from 'node:crypto';
import { createWallet, DsmError, localNetwork, loginDesk, memory, type Visitor } from '@dsm/wallet';
import fastify from 'fastify';

const network = await localNetwork({ nodes: 4 });

// The server. Its audience is the origin that people see in front of it, whatever port it has here.
const audience = 'https://shop.example';
const desk = loginDesk({ network, audience, online: true });
const sessions = new Map<string, Visitor>();
const server = fastify({ bodyLimit: 1_048_576 });
const binary = 'application/octet-stream';
server.addContentTypeParser(binary, { parseAs: 'buffer' }, (_request, body, done) => {
  done(null, body);
});

server.post('/challenge', (_request, reply) =>
  reply.type(binary).send(Buffer.from(desk.challenge())),
);

server.post<{ Body: Buffer }>('/login', async ({ body }, reply) => {
  try {
    const visitor = await desk.answer(body);
    const session = randomUUID();
    sessions.set(session, visitor);
    return await reply
      .header('set-cookie', `session=${session}; HttpOnly; Secure; SameSite=Strict; Path=/`)
      .send({ device: visitor.device });
  } catch (error) {
    if (!(error instanceof DsmError)) throw error;
    return reply.code(error.code === 'offline' ? 503 : 401).send({ why: error.message });
  }
});

server.get('/me', ({ headers }, reply) => {
  const [, session = ''] = /session=([\w-]+)/.exec(headers.cookie ?? '') ?? [];
  const visitor = sessions.get(session);
  return visitor === undefined
    ? reply.code(401).send({ why: 'log in first' })
    : reply.send({ device: visitor.device, name: visitor.name, card: visitor.card });
});

const url = await server.listen({ port: 0, host: '127.0.0.1' });

// The device. It answers for the origin that its owner means, and for no other.
const alice = await createWallet({ name: 'Alice', store: memory(), network });
const asked = await bytesOf(await fetch(`${url}/challenge`, { method: 'POST' }));
const answer = await alice.credentials.login(asked, { audience });
const entered = await login(answer);
strictEqual(entered.status, 200);

const cookie = entered.headers.get('set-cookie')?.split(';')[0] ?? '';
const me = await fetch(`${url}/me`, { headers: { cookie } });
console.log(await me.json());
strictEqual(me.status, 200);

// The same answer does not serve twice, and nobody is let in without one.
strictEqual((await login(answer)).status, 401);
strictEqual((await fetch(`${url}/me`)).status, 401);
await server.close();
await alice.close();

async function bytesOf(response: Response): Promise<Uint8Array> {
  return new Uint8Array(await response.arrayBuffer());
}

function login(body: Uint8Array): Promise<Response> {
  const headers = { 'content-type': binary };
  return fetch(`${url}/login`, { method: 'POST', headers, body: Buffer.from(body) });
}
