// Every rule that a packaged version is searched by; docs/hygiene.md lists them.
import type { HygieneRule } from './rule.ts'
import { keyRules } from './rules/keys.ts'
import { nameRules } from './rules/names.ts'
import { passwordRules } from './rules/passwords.ts'
import { traceRules } from './rules/traces.ts'
import { setuidRule } from './setuid.ts'

export const hygieneRules: readonly HygieneRule[] = [
  ...keyRules,
  ...nameRules,
  ...passwordRules,
  ...traceRules,
  setuidRule,
]
