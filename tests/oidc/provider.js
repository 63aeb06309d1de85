// An OpenID Connect provider for tests. It is told what to do on standard input, a line of JSON each,
// and says "ok" when it is done: {"redirect_uri": URI} begins, {"rotate": true} takes another key,
// {"remove": USER} forgets a user.
import { createServer } from 'node:http';
import { generateKeyPairSync } from 'node:crypto';
import { createInterface } from 'node:readline';
import Provider from 'oidc-provider';

let answer = (_, response) => response.writeHead(503).end();
const server = createServer((request, response) => answer(request, response));
const removed = new Set();
let issuer;
let redirect;
let keys = 0;

function key() {
  keys += 1;
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return { ...privateKey.export({ format: 'jwk' }), kid: `key-${keys}`, use: 'sig', alg: 'RS256' };
}

function begin() {
  const provider = new Provider(issuer, {
    jwks: { keys: [key()] },
    cookies: { keys: ['for tests'] },
    clients: [{
      client_id: 'cubit',
      client_secret: 'a secret: of %tests',
      redirect_uris: [redirect],
      grant_types: ['authorization_code', 'urn:ietf:params:oauth:grant-type:device_code'],
      response_types: ['code'],
    }],
    claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name', 'preferred_username'] },
    features: { deviceFlow: { enabled: true }, devInteractions: { enabled: true } },
    pkce: { required: () => true },
    findAccount: (_, id) => removed.has(id) ? undefined : {
      accountId: id,
      claims: () => ({
        sub: id,
        email: `${id}@${id === 'stranger' ? 'example.com' : 'example.org'}`,
        email_verified: id !== 'unverified',
        name: id.toUpperCase(),
        preferred_username: id,
      }),
    },
  });
  answer = provider.callback();
}

createInterface({ input: process.stdin }).on('line', (line) => {
  const told = JSON.parse(line);
  if (told.redirect_uri) redirect = told.redirect_uri;
  if (told.remove) removed.add(told.remove);
  else begin();
  console.log('ok');
}).on('close', () => process.exit(0));

server.listen(0, '127.0.0.1', () => {
  issuer = `http://127.0.0.1:${server.address().port}`;
  console.log(issuer);
});
