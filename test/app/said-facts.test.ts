import { describe, expect, it } from 'vitest'
import { withSaid } from '#app/said-facts.ts'

const said = { brand: 'ipkg', osFamily: 'illumos', arch: 'i86pc' } as const

describe('what an artifact says of itself', () => {
  it('fills what the uploader leaves out', () => {
    expect(withSaid({ osRelease: 'illumos' }, said, undefined)).toEqual({ ...said, osRelease: 'illumos' })
  })

  it('does not give brand and family where the release that was said is of another', () => {
    expect(withSaid({ osRelease: 's10u8' }, said, undefined)).toEqual({ osRelease: 's10u8', arch: 'i86pc' })
  })
})
