/** What of a zone's identity is random, made by whoever has a source of it. */
export interface IdentityMaterial {
  /** 16 bytes */
  machineId: Uint8Array
}
