// Texts that zonecfg says in many places: what follows a colon, and the usage of each command.
import type { CommandName } from './parse-line.ts'

export const strerror = {
  noZone: 'No such zone configured',
  bogusName: 'Bogus zone name',
  nameInUse: 'Zone name already in use',
  requiredResource: 'Required resource missing',
  requiredProperty: 'Required property missing',
  noResourceType: 'No such resource type',
  noResource: 'No such resource with that id',
  noPropertyType: 'No such property type',
  badProperty: 'No such property with that id',
  access: 'Permission denied',
  invalidDocument: 'Invalid document',
  badState: 'Zone state is invalid for the requested operation',
  incompatible: 'Incompatible settings',
  invalid: 'Invalid argument',
  insufficient: 'Insufficient specification',
  clearDisallowed: 'Clearing this property is not allowed',
  aliasBlocked: 'An incompatible rctl already exists for this property',
  brand: 'Brand-specific error',
} as const

export const commandUsage: Record<CommandName, string> = {
  add: 'add <resource-type>\n\t(global scope)\nadd <property-name> <property-value>\n\t(resource scope)',
  cancel: 'cancel',
  clear: 'clear <property-name>',
  commit: 'commit',
  create: 'create [-F] [ -a <path> | -b | -t <template> ]',
  delete: 'delete [-F]',
  end: 'end',
  exit: 'exit [-F]',
  export: 'export [-f output-file]',
  help: 'help [commands] [syntax] [usage] [<command-name>]',
  info: 'info [<resource-type> [property-name=property-value]*]',
  remove:
    'remove [-F] <resource-type> [ <property-name>=<property-value> ]*\n\t(global scope)\nremove <property-name> <property-value>\n\t(resource scope)',
  revert: 'revert [-F]',
  select: 'select <resource-type> { <property-name>=<property-value> }',
  set: 'set <property-name>=<property-value>',
  verify: 'verify',
}

/** How the command is called, for a wrong call and `help usage`. */
export const invocationUsage = [
  'usage:\tzonecfg help',
  '\tzonecfg -z <zone>\t\t\t(interactive)',
  '\tzonecfg -z <zone> <command>',
  '\tzonecfg -z <zone> -f <command-file>',
  '',
].join('\n')

/** What a zone name may be, after one that is not. */
export const syntaxHelp = [
  '',
  '<zone> := [A-Za-z0-9][A-Za-z0-9_.-]*, at most 63 characters, not global and not beginning with SUNW',
  'commands are separated by newlines or semicolons; values with blanks or any of ; = , [ ] ( ) stand in double quotes',
  '',
].join('\n')
