// Properties that are other names for a resource control: `set max-lwps=200` writes an rctl element (zones.md 2.5).
import { zoneElement, type ZoneConfig } from './config.ts'
import { illumosOnly, since, type Availability } from './releases.ts'

export interface AliasRule {
  readonly rctl: string
  readonly action: 'none' | 'deny'
  readonly minimum: bigint
  /** given and shown with K, M, G or T */
  readonly memory: boolean
  /** as a global property; absent for those that belong to a capped- resource */
  readonly global?: Availability
}

const solaris10Later = since('s10u4')

/** In the order in which `info` shows them. */
export const aliasRules: Readonly<Record<string, AliasRule>> = {
  'max-lwps': alias('zone.max-lwps', { minimum: 100n }),
  'max-processes': alias('zone.max-processes', { minimum: 100n, global: illumosOnly }),
  'max-shm-memory': alias('zone.max-shm-memory', { memory: true }),
  'max-shm-ids': alias('zone.max-shm-ids', {}),
  'max-msg-ids': alias('zone.max-msg-ids', {}),
  'max-sem-ids': alias('zone.max-sem-ids', {}),
  'cpu-shares': alias('zone.cpu-shares', { action: 'none' }),
  'zfs-io-priority': alias('zone.zfs-io-priority', { action: 'none', global: illumosOnly }),
}

const contained: Readonly<Record<string, AliasRule>> = {
  'cpu-cap': alias('zone.cpu-cap', { minimum: 1n }),
  'max-swap': alias('zone.max-swap', { memory: true }),
  'max-locked-memory': alias('zone.max-locked-memory', { memory: true }),
}

function alias(rctl: string, rule: Partial<Omit<AliasRule, 'rctl'>>): AliasRule {
  return { rctl, action: 'deny', minimum: 0n, memory: false, global: solaris10Later, ...rule }
}

export function aliasRule(name: string): AliasRule | undefined {
  if (Object.hasOwn(aliasRules, name)) return aliasRules[name]
  return Object.hasOwn(contained, name) ? contained[name] : undefined
}

/** The limit that an alias shows: of an rctl with exactly one value, privileged and with the alias's own action. */
export function findAlias(config: ZoneConfig, name: string): string | undefined {
  const rule = aliasRule(name)
  const element = config.elements.find(
    (each) => each.tag === 'rctl' && each.attributes['name'] === rule?.rctl,
  )
  const [value, ...more] = element?.children ?? []
  const { priv, limit, action } = value?.attributes ?? {}
  if (!rule || more.length > 0 || priv !== 'privileged' || action !== rule.action) return undefined
  return limit
}

/** Whether an rctl stands in the way that the alias cannot express. */
export function isAliasBlocked(config: ZoneConfig, name: string): boolean {
  const rule = aliasRule(name)
  const exists = config.elements.some((each) => each.tag === 'rctl' && each.attributes['name'] === rule?.rctl)
  return exists && findAlias(config, name) === undefined
}

/** The configuration with the alias's rctl replaced, at the end of the document; without it when there is no limit. */
export function setAlias(config: ZoneConfig, name: string, limit: string | undefined): ZoneConfig {
  const rule = aliasRule(name)
  if (!rule) return config
  const elements = config.elements.filter(
    ({ tag, attributes }) => !(tag === 'rctl' && attributes['name'] === rule.rctl),
  )
  if (limit === undefined) return { ...config, elements }
  const value = zoneElement('rctl-value', { priv: 'privileged', limit, action: rule.action })
  return { ...config, elements: [...elements, zoneElement('rctl', { name: rule.rctl }, [value])] }
}
