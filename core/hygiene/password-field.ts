// What the second field of passwd, shadow, group and gshadow says (shadow(4), crypt.conf(4), shadow(5)).

/** `hash`: a password opens it. `locked-hash`: it would, were the mark before it taken away. `empty`: no password is asked for. */
export type PasswordField = 'hash' | 'locked-hash' | 'empty' | 'locked'

/** Marks before a hash: passwd -l writes `!` on Linux, `*LK*` on Solaris. */
const LOCK_MARK = /^(!+|\*LK\*)/
/** What crypt(3) makes: `$id$…`, `_` and the 13 characters of the oldest; anything so long of these characters is taken for one. */
const HASH = /^[./0-9A-Za-z$,=_+-]{8,}$/
const WORDS = /^(NOLOGIN|NOPASSWORD|NO-LOGIN|DISABLED)$/i

export function readPasswordField(field: string): PasswordField {
  if (field === '') return 'empty'
  const behindMark = field.replace(LOCK_MARK, '')
  if (!HASH.test(behindMark) || WORDS.test(behindMark)) return 'locked'
  return behindMark === field ? 'hash' : 'locked-hash'
}
