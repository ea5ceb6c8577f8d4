// Which names a zone may have (zones.md 2.4).

const pattern = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/

/** Whether `name` can be the name of a zone that zonecfg creates: neither `global` nor a read-only SUNW* template. */
export function isZoneName(name: string): boolean {
  return isDocumentName(name) && name !== 'global' && !name.startsWith('SUNW')
}

/** Whether `name` can be a document below /etc/zones: a zone or a template such as SUNWdefault. */
export function isDocumentName(name: string): boolean {
  return pattern.test(name)
}
