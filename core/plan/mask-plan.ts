// A plan without its secrets, for reading.
import { maskInstallProfile } from '../jumpstart/documents/mask-install-profile.ts'
import { MASK } from '../mask-profile.ts'
import { maskSysidcfg } from '../sysidcfg/render.ts'
import type { Plan, PlannedJumpStart, PlannedSystem } from './schema.ts'

/** The plan for reading, with hashes and passwords hidden. */
export function maskPlan(plan: Plan): Plan {
  return {
    ...plan,
    ...(plan.system && { system: maskSystem(plan.system) }),
    ...(plan.jumpstart && {
      jumpstart: maskJumpStart(plan.jumpstart),
    }),
    ...(plan.kayak && { kayak: { ...plan.kayak, rootPassword: MASK } }),
    zones: plan.zones.map((zone) => ({
      ...zone,
      ...(zone.sysidcfg !== undefined && { sysidcfg: maskSysidcfg(zone.sysidcfg) }),
      ...(zone.rootPassword !== undefined && { rootPassword: MASK }),
    })),
  }
}

function maskJumpStart({ sysidcfg, installProfile, ...jumpstart }: PlannedJumpStart): PlannedJumpStart {
  return {
    ...jumpstart,
    sysidcfg: maskSysidcfg(sysidcfg),
    ...(installProfile !== undefined && { installProfile: maskInstallProfile(installProfile, MASK) }),
  }
}

function maskSystem(system: PlannedSystem): PlannedSystem {
  return {
    ...system,
    ...(system.sysidcfg !== undefined && { sysidcfg: maskSysidcfg(system.sysidcfg) }),
    rootPassword: MASK,
  }
}
