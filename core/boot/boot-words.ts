/** What is typed, or stands in a boot menu, so that a host's installer finds its documents. */
export interface BootWords {
  /**
   * JumpStart's at the PROM of SPARC: the whole command; on x86: what stands at the end of the kernel's line. kayak's: a line of
   * the loader's configuration
   */
  words: string
  /** why that may not do, or not yet */
  note?: string
}
