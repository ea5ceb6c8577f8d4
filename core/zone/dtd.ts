// The elements that a zone document may hold: zonecfg.dtd, and what OmniOS and SmartOS add to it.

export interface ElementRule {
  /** in the order in which they are written; true: #REQUIRED, false: default "" */
  readonly attributes: Readonly<Record<string, boolean>>
  readonly children: readonly string[]
}

const rules: Record<string, ElementRule> = {
  filesystem: {
    attributes: { special: true, raw: false, directory: true, type: true },
    children: ['fsoption'],
  },
  'inherited-pkg-dir': { attributes: { directory: true }, children: [] },
  network: {
    attributes: {
      address: false,
      'allowed-address': false,
      physical: true,
      'mac-addr': false,
      'vlan-id': false,
      'global-nic': false,
      defrouter: false,
    },
    children: ['net-attr'],
  },
  device: { attributes: { match: true }, children: ['net-attr'] },
  'deleted-device': { attributes: { match: true }, children: [] },
  rctl: { attributes: { name: true }, children: ['rctl-value'] },
  attr: { attributes: { name: true, type: true, value: true }, children: [] },
  dataset: { attributes: { name: true }, children: [] },
  package: { attributes: { name: true, version: true }, children: [] },
  patch: { attributes: { id: true }, children: ['obsoletes', 'incompatible'] },
  'dev-perm': { attributes: { name: true, uid: true, gid: true, mode: true, acl: true }, children: [] },
  tmp_pool: { attributes: { importance: true }, children: [] },
  pset: { attributes: { ncpu_min: true, ncpu_max: true }, children: [] },
  mcap: { attributes: { physcap: true }, children: [] },
  admin: { attributes: { user: true, auths: true }, children: [] },
  'security-flags': { attributes: { default: false, lower: false, upper: false }, children: [] },
}

const childRules: Record<string, ElementRule> = {
  fsoption: { attributes: { name: true }, children: [] },
  'rctl-value': { attributes: { priv: true, limit: true, action: true }, children: [] },
  obsoletes: { attributes: { id: true }, children: [] },
  incompatible: { attributes: { id: true }, children: [] },
  'net-attr': { attributes: { name: true, value: true }, children: [] },
}

/** The rule of an element directly below `<zone>`. */
export function elementRule(tag: string): ElementRule | undefined {
  return Object.hasOwn(rules, tag) ? rules[tag] : undefined
}

/** The rule of an element one level further down. */
export function childRule(tag: string): ElementRule | undefined {
  return Object.hasOwn(childRules, tag) ? childRules[tag] : undefined
}

/** `(boolean | int | string | uint)`: the types an `attr` may have. */
export const attrTypes: readonly string[] = ['boolean', 'int', 'string', 'uint']
