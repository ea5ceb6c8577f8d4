// Profiles, stored and removed.
import { assertInstallProfile } from '#core/jumpstart/documents/install-profile.ts'
import type { Profile } from '#core/profile.ts'
import type { AuditLog } from './ports/access.ts'
import type { ProfileStore } from './ports/hosts.ts'

interface Needs {
  profiles: ProfileStore
  audit: AuditLog
}

/** Creates or replaces. Hosts that are armed keep the plan they were armed with. @throws InstallProfileInvalid */
export async function importProfile(
  { profile, actor }: { profile: Profile; actor: string },
  { profiles, audit }: Needs,
): Promise<Profile> {
  if (profile.jumpstart?.installProfile !== undefined) assertInstallProfile(profile.jumpstart.installProfile)
  await profiles.set(profile)
  await audit.write({ actor, action: 'profile.set', subject: profile.name })
  return profiles.get(profile.name)
}

/** @throws ProfileNotFound */
export async function removeProfile(
  { name, actor }: { name: string; actor: string },
  { profiles, audit }: Needs,
): Promise<void> {
  await profiles.remove(name)
  await audit.write({ actor, action: 'profile.remove', subject: name })
}
