/** Sections of a flash archive: their names and the order in which the installer looks for them (jumpstart.md 4.1). */

export interface FlarSection {
  name: string
  /** the lines between its begin and its end, each with its LF */
  content: Uint8Array
}

/** Read in this order and no other. What comes behind them (`summary`, X-…) the installer skips. */
const INSTALLER_ORDER = ['identification', 'manifest', 'predeployment', 'postdeployment', 'reboot'] as const

/** Sections that carry deployment scripts. */
export const DEPLOYMENT_SECTIONS = ['predeployment', 'postdeployment', 'reboot'] as const
export type DeploymentSection = (typeof DEPLOYMENT_SECTIONS)[number]

/** Place among the sections; those that the installer skips share the last. */
export function sectionRank(name: string): number {
  const rank = (INSTALLER_ORDER as readonly string[]).indexOf(name)
  return rank < 0 ? INSTALLER_ORDER.length : rank
}

/** Whether a section of this name is the user's own. */
export function isUserSection(name: string): boolean {
  return name.startsWith('X')
}

/** A name that is also a file name: `flar split` makes a file of each section. */
export function isSectionName(name: string): boolean {
  return /^[A-Za-z][A-Za-z0-9_.-]{0,127}$/.test(name)
}

export const isKnownSection = (name: string): boolean =>
  sectionRank(name) < INSTALLER_ORDER.length || name === 'summary'
