// A real OpenID provider for the tests, on this machine: people sign in by its forms, with any password.
//
// Started with what it is to be as JSON in the first line of stdin: {port, secret, accounts,
// audience, callbacks, afterSignOut}.
// Then each line is an order, {"do": "rotate" | "stop" | "start" | "claims", ...}, and is answered by a line. It ends
// with stdin, so with whoever started it. All it knows is in memory.

import { createServer } from "node:http";
import { createInterface } from "node:readline";
import { exportJWK, generateKeyPair } from "jose";
import { Provider } from "oidc-provider";

console.info = console.warn; // stdout is for answers

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const given = JSON.parse((await lines.next()).value);
const issuer = `http://127.0.0.1:${given.port}`;
let generation = 0;
let claimsInIdToken = true;

async function newKeys() {
  generation += 1;
  const keys = [];
  for (const alg of ["RS256", "ES256"]) {
    const { privateKey } = await generateKeyPair(alg, { extractable: true });
    keys.push({ ...(await exportJWK(privateKey)), alg, use: "sig", kid: `${alg}-${generation}` });
  }
  return keys;
}

function client(client_id, more) {
  return {
    client_id,
    application_type: "native", // on this machine, whatever the port
    redirect_uris: given.callbacks,
    post_logout_redirect_uris: given.afterSignOut,
    grant_types: ["authorization_code"],
    response_types: ["code"],
    ...more,
  };
}

function made(keys) {
  const provider = new Provider(issuer, {
    jwks: { keys },
    clients: [
      client("greenlit", { client_secret: given.secret }),
      client("greenlit-public", { token_endpoint_auth_method: "none" }),
      client("program", {
        client_secret: given.secret,
        grant_types: ["client_credentials"],
        response_types: [],
        redirect_uris: [],
      }),
    ],
    claims: { openid: ["sub"], profile: ["name"], email: ["email", "email_verified"], groups: ["groups"] },
    conformIdTokenClaims: !claimsInIdToken,
    cookies: { keys: ["a secret of the tests"] },
    pkce: { required: () => true },
    features: {
      devInteractions: { enabled: true },
      rpInitiatedLogout: { enabled: true },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        useGrantedResource: () => true,
        getResourceServerInfo: (_, resource) => {
          const forMcp = /^http:\/\/127\.0\.0\.1:\d+\/mcp$/.test(resource); // the tests' service, on any port
          if (resource !== given.audience && !forMcp) throw new Error("not a resource of the tests");
          return {
            scope: "ask",
            audience: resource,
            accessTokenFormat: "jwt",
            accessTokenTTL: 600,
            jwt: { sign: { alg: "RS256" } },
          };
        },
      },
    },
    extraTokenClaims: (_, token) => given.accounts[token.accountId],
    findAccount: (_, sub) => {
      const claims = given.accounts[sub];
      return claims && { accountId: sub, claims: () => ({ sub, ...claims }) };
    },
  });
  return provider.callback();
}

let keys = await newKeys();
let answer = made(keys);
let server;

function start() {
  server = createServer((request, response) => answer(request, response));
  return new Promise((resolve) => server.listen(given.port, "127.0.0.1", resolve));
}

function stop() {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(resolve));
}

function answered(done) {
  process.stdout.write(`${JSON.stringify({ done })}\n`);
}

const orders = {
  start,
  stop,
  rotate: async () => {
    keys = await newKeys();
    answer = made(keys);
  },
  claims: async (order) => {
    claimsInIdToken = order.inIdToken;
    answer = made(keys);
  },
};

await start();
answered("begin");
for await (const line of lines) {
  const order = JSON.parse(line);
  await orders[order.do](order);
  answered(order.do);
}
process.exit(0);
