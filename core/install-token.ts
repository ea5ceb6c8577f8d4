/** Stands where an armed host has its token, in documents that are only shown. */
export const NO_TOKEN = 'zi_of-the-armed-host'
