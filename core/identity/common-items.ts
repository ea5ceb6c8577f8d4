// What every family resets. Each item is the function of that name in finish-scripts/identity.sh: both belong together.
import type { PlannedZone } from '../plan/schema.ts'
import { withRootPassword } from './account-files.ts'
import type { Zoneroot } from './zoneroot.ts'

export function dropKeytabs(root: Zoneroot): void {
  root.drop('etc/krb5/krb5.keytab', 'etc/krb5/kadm5.keytab', 'etc/krb5.keytab')
}

export function dropTmp(root: Zoneroot): void {
  root.dropMatching('tmp', '*', '.[!.]*')
  root.dropMatching('var/tmp', '*', '.[!.]*')
}

export async function setRootPassword(root: Zoneroot, { rootPassword = '' }: PlannedZone): Promise<void> {
  if (rootPassword === '' || !root.isFile('etc/shadow')) return
  root.rewrite('etc/shadow', withRootPassword(await root.contents('etc/shadow'), rootPassword))
}

/** put_sysidcfg of finish-scripts/zone.sh. */
export function putSysidcfg(root: Zoneroot, { sysidcfg = '', touch }: PlannedZone): void {
  const answers = sysidcfg.trimEnd()
  if (answers !== '') root.put('etc/sysidcfg', 0o600, `${answers}\n`)
  for (const path of touch) root.put(path, 0o644, '')
}
