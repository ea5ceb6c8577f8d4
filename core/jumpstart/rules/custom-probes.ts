// custom_probes: shell functions that add keywords and probes (jumpstart.md 1.1, 1.3).

export interface CustomProbes {
  /** of `probe_NAME`: what `probe NAME` may name */
  probes: ReadonlySet<string>
  /** of `cmp_NAME`: keywords; only the client can tell what they match */
  compares: ReadonlySet<string>
}

export const noCustomProbes: CustomProbes = { probes: new Set(), compares: new Set() }

/** The functions that the shell source defines at the beginning of a line. */
export function customProbesOf(source: string | undefined): CustomProbes {
  if (source === undefined) return noCustomProbes
  const names = (prefix: string) => {
    const definition = new RegExp(`^[ \\t]*${prefix}_([A-Za-z0-9_]{1,64})[ \\t]*\\([ \\t]*\\)`, 'gm')
    return new Set([...source.matchAll(definition)].map(([, name]) => name ?? ''))
  }
  return { probes: names('probe'), compares: names('cmp') }
}
