// What must not stand in a log that viewers read: password hashes.

/** crypt(3) hashes that say their kind, e.g. `$5$rounds=5000$salt$hash`, `$6$…`, `$2b$…`, `$md5,…$…`. */
const markedHash = /\$(?:1|2[abxy]?|5|6|7|y|gy|md5|sha1|argon2[a-z]*)(?:,[^$\s]*)?\$[^\s:'"\\;]{8,}/g
/** the second field of a line of shadow, whatever its kind: `root:aBcDeFgHiJkLm:6445::::::` */
const shadowField = /^(\+?[A-Za-z_][\w.-]{0,31}:)([^:\s*!]{10,})(:\d*:\d*:)/gm
const rootPassword = /(root_password\s*=\s*)("[^"\n]*"|'[^'\n]*'|[^\s;]+)/gi

/** Hides hashes, `root_password=…` of sysidcfg, and the `secrets` themselves. */
export function maskLog(text: string, secrets: readonly string[] = []): string {
  let masked = text
  for (const secret of secrets) if (secret.length >= 4) masked = masked.replaceAll(secret, '****')
  return masked.replace(rootPassword, '$1****').replace(shadowField, '$1****$3').replace(markedHash, '****')
}
