import { CapturedZone } from '#core/manifest.ts'

/** Two zones of a Solaris 10 host as an archive of it carries them, the second only configured. */
export function exampleCaptured(): [web: CapturedZone, spare: CapturedZone] {
  return [
    CapturedZone.parse({
      name: 'web',
      state: 'installed',
      wasRunning: true,
      zonepath: '/zones/web',
      brand: 'native',
      autoboot: true,
      zonecfg: `create -b
set zonepath="/zones/web"
set autoboot="true"
set bootargs="-m verbose"
set ip-type="shared"
add fs
set dir="/data"
set special="/export/it's data"
set type="lofs"
add options "ro"
end
add net
set address="192.0.2.10/24"
set physical="bge0"
end
add attr
set name="owner"
set type="string"
set value="the 'web' people"
end
`,
      warnings: [
        'net: interface bge0 with 192.0.2.10/24; where interfaces have other names, map it: --map OLD=NEW',
      ],
    }),
    CapturedZone.parse({
      name: 'spare',
      state: 'configured',
      zonepath: '/zones/spare',
      brand: 'native',
      autoboot: false,
      zonecfg: 'create -b\nset zonepath="/zones/spare"\nset autoboot="false"\nset ip-type="shared"\n',
      warnings: [],
      held: [{ row: 'device', what: 'device /dev/rmt/0; it works on identical hardware only' }],
    }),
  ]
}
