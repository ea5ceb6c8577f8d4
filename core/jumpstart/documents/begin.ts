// JumpStart's begin script: the host's install profile, and what of it only the client can fill in.
import { variables, wholeScript } from '../../install-script.ts'
import type { Plan } from '../../plan/schema.ts'
import { clientWordsOf } from './install-profile.ts'

/** `body`: begin.sh of finish-scripts/. @throws ShellValueInvalid */
export function renderBeginScript({ host, jumpstart }: Plan, body: string): string {
  const profile = jumpstart?.installProfile ?? ''
  const words = clientWordsOf(profile)
  return wholeScript([
    '#!/sbin/sh',
    '# shellcheck disable=SC2003,SC2006,SC2016 # Solaris 10 has no newer words; values stay quoted',
    ...variables({
      zf_host: host,
      zf_install_profile: profile.trimEnd(),
      zf_words: words.join(' '),
    }),
    '',
    body,
  ])
}
