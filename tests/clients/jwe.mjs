// JSON web encryption by the library `jose`: what a relying service does with an encrypted ID token, and with a request that only the provider shall read.
// Usage: jwe.mjs key PRIVATE              writes a private P-256 key for ECDH-ES into the file PRIVATE, prints the public JWK
//        jwe.mjs open PRIVATE JWE         prints the header, and the text that was encrypted, a line each
//        jwe.mjs seal JWK TEXT            prints TEXT encrypted to the public key JWK
// Env: NODE_DIR (.)  folder whose node_modules has jose   ENC (A256GCM)  content encryption of seal
import { createRequire } from 'node:module'; import { pathToFileURL } from 'node:url'; import path from 'node:path'; import fs from 'node:fs';
const find = createRequire(path.resolve(process.env.NODE_DIR || '.') + '/x.js');
const jose = await import(pathToFileURL(find.resolve('jose')));
const [what, file, text] = process.argv.slice(2);
const key = async jwk => jose.importJWK(jwk, 'ECDH-ES');
if (what === 'key') {
  const pair = await jose.generateKeyPair('ECDH-ES', { crv: 'P-256', extractable: true });
  fs.writeFileSync(file, JSON.stringify(await jose.exportJWK(pair.privateKey)), { mode: 0o600 });
  console.log(JSON.stringify(await jose.exportJWK(pair.publicKey)));
} else if (what === 'open') {
  const { plaintext, protectedHeader } = await jose.compactDecrypt(text, await key(JSON.parse(fs.readFileSync(file))));
  console.log(JSON.stringify(protectedHeader)); console.log(new TextDecoder().decode(plaintext));
} else {
  const jwk = JSON.parse(file), header = { alg: 'ECDH-ES', enc: process.env.ENC || 'A256GCM', cty: 'JWT', ...(jwk.kid ? { kid: jwk.kid } : {}) };
  console.log(await new jose.CompactEncrypt(new TextEncoder().encode(text)).setProtectedHeader(header).encrypt(await key(jwk)));
}
