import { describe, expect, test } from 'vitest'
import { ZonecfgHost } from '../zonecfg-host.ts'
import { emptyZoneConfig, zoneElement } from '#core/zone/config.ts'
import type { OsRelease } from '#core/host.ts'

const web1 = 'create -b\nset zonepath=/zones/web1\n'

/** What a command inside `create -b` … says on stderr, without the line's number. */
function complaint(commands: string, release: OsRelease = 's10u8'): string {
  const { err } = new ZonecfgHost(release).run('web1', `${web1}${commands}`, 'words')
  return err
}

describe('create', () => {
  test('makes a sparse root on Solaris 10', () => {
    const { config } = new ZonecfgHost().run('web1', 'create')
    expect(config?.elements.map(({ attributes }) => attributes['directory'])).toEqual([
      '/lib',
      '/platform',
      '/sbin',
      '/usr',
    ])
  })

  test('makes an exclusive lipkg zone without resources on illumos', () => {
    const { config } = new ZonecfgHost('illumos').run('web1', 'create')
    expect(config).toEqual({
      ...emptyZoneConfig('web1'),
      properties: { brand: 'lipkg', 'ip-type': 'exclusive' },
    })
  })

  test('-b makes a whole root', () => {
    expect(new ZonecfgHost().run('web1', 'create -b').config).toEqual(emptyZoneConfig('web1'))
  })

  test('-t copies another zone but for its name', () => {
    const host = new ZonecfgHost()
    host.have('flash', `${web1}add dataset\nset name=tank/a\nend`, 'installed')
    const { config } = host.run('web2', 'create -t flash')
    expect(config).toEqual({ ...host.documents.get('flash'), name: 'web2' })
  })

  test('-t of an unknown zone says so', () => {
    expect(new ZonecfgHost().run('web1', 'create -t nope')).toMatchObject({
      end: 'failed',
      err: 'On line 1 of web1.cfg:\nnope: No such zone configured\n',
    })
  })

  test('-a takes over a detached zone with its own zonepath, but not its packages', () => {
    const host = new ZonecfgHost()
    const kept = [
      zoneElement('network', { physical: 'bge0' }),
      zoneElement('dev-perm', { name: 'null', uid: '0' }),
    ]
    const elements = [
      ...kept,
      zoneElement('package', { name: 'SUNWcsr', version: '1' }),
      zoneElement('patch', { id: '1-1' }),
    ]
    host.detached.set('/flash/web', {
      ...emptyZoneConfig('old'),
      zonepath: '/elsewhere',
      autoboot: true,
      elements,
    })
    expect(host.run('flashweb', 'create -a /flash/web').config).toEqual({
      ...emptyZoneConfig('flashweb'),
      zonepath: '/flash/web',
      autoboot: true,
      elements: kept,
    })
  })

  test('-a of a path without a detached zone is refused', () => {
    expect(new ZonecfgHost().run('z', 'create -a /nowhere', 'words').err).toBe(
      'invalid path to detached zone\n',
    )
  })

  test('of a configured zone stops a command file, which cannot be asked', () => {
    const host = new ZonecfgHost()
    host.have('web1', web1)
    expect(host.run('web1', 'create\nset autoboot=true')).toMatchObject({
      end: 'failed',
      err: 'On line 1 of web1.cfg:\nZone exists, input not from terminal and -F not specified:\ncreate command ignored, exiting.\n',
    })
    expect(host.documents.get('web1')?.autoboot).toBe(false)
  })

  test('-F overwrites a configured zone and says so', () => {
    const host = new ZonecfgHost()
    host.have('web1', web1)
    expect(host.run('web1', 'create -F -b\nset zonepath=/zones/new')).toMatchObject({
      end: 'ok',
      out: 'Zone web1 already exists; overwriting.\n',
    })
    expect(host.documents.get('web1')?.zonepath).toBe('/zones/new')
  })

  test('of an installed zone is refused, with -F too', () => {
    const host = new ZonecfgHost()
    host.have('web1', web1, 'installed')
    expect(host.run('web1', 'create -F', 'words').err).toBe(
      'Zone web1 already installed; create not allowed.\n',
    )
  })
})

describe('properties of the zone', () => {
  test.each([
    ['set zonepath=zones/a', 'zones/a is not an absolute path.\n'],
    ['set zonepath=/', '/ is not allowed as a zonepath.\n'],
    ['set autoboot=yes', "autoboot value must be 'true' or 'false'.\n"],
    ['set ip-type=both', "ip-type value must be 'shared' or 'exclusive'.\n"],
    ['set pool=SUNWtmp', 'pool names starting with SUNW are reserved.\n'],
    ['set max-lwps=99', 'max-lwps property is out of range.\n'],
    [
      'set max-shm-memory=5',
      'A non-negative number with a required scale suffix (K, M, G or T) was expected\nhere.\n',
    ],
    ['set physical=bge0', 'Cannot set a resource-specific property from the global scope.\n'],
    ['clear zonepath', 'zonepath: Clearing this property is not allowed\n'],
    ['clear max-lwps', 'clear max-lwps: No such resource with that id\n'],
    ['set zonename=SUNWx', 'SUNWx: Bogus zone name\n'],
    ['end', 'The end command only makes sense in the resource scope.\n'],
    ['set pool=[a]', 'A simple value was expected here.\n'],
  ])('%s is refused', (command, said) => {
    expect(complaint(command).slice(0, said.length)).toBe(said)
  })

  test.each(['12345678', '0x1234abcd', 'fffffffe'])('hostid %s is taken', (hostid) => {
    expect(complaint(`set hostid=${hostid}`, 'illumos')).toBe('')
  })

  test.each(['ffffffff', '0xffffffff', '123456789', 'xyz', '0x', '0x123456789'])(
    'hostid %s is refused',
    (hostid) => {
      expect(complaint(`set hostid=${hostid}`, 'illumos')).toMatch(/hostid/)
    },
  )

  test('a brand that the release has not is found by verify', () => {
    expect(complaint('set brand=solaris-kz\nverify')).toMatch(
      /^web1: unknown brand\.\nweb1: Invalid document\n/,
    )
    expect(complaint('set brand=lx\nverify')).toBe('')
    expect(complaint('set brand=lx', 's10u3')).toMatch(/^syntax error\nusage:\nset /)
  })

  test('the default brand is stored as an empty attribute', () => {
    const { config } = new ZonecfgHost().run('z', `${web1}set brand=native`)
    expect(config?.properties).toEqual({ brand: '' })
  })

  test('an alias writes a resource control, and clear removes it', () => {
    const host = new ZonecfgHost()
    const { config } = host.run('web1', `${web1}set max-lwps=200\nset cpu-shares=20\nset max-shm-memory=1G`)
    const rctl = (name: string, limit: string, action: string) =>
      zoneElement('rctl', { name }, [zoneElement('rctl-value', { priv: 'privileged', limit, action })])
    expect(config?.elements).toEqual([
      rctl('zone.max-lwps', '200', 'deny'),
      rctl('zone.cpu-shares', '20', 'none'),
      rctl('zone.max-shm-memory', '1073741824', 'deny'),
    ])
    expect(host.run('web1', 'clear max-lwps').config?.elements).toHaveLength(2)
  })

  test('an alias does not overwrite a resource control that it cannot express', () => {
    const commands =
      'add rctl\nset name=zone.max-lwps\nadd value (priv=privileged,limit=500,action=none)\nend\n'
    expect(complaint(`${commands}set max-lwps=200`)).toBe(
      'max-lwps: An incompatible rctl already exists for this property\nConfiguration not saved.\n',
    )
  })

  test('the name may be chosen before create, and changes the zone at commit', () => {
    const host = new ZonecfgHost()
    host.run('web1', `set zonename=web2\n${web1}`)
    expect(host.documents.has('web2')).toBe(true)
    host.states.set('web2', 'installed')
    expect(host.run('web2', 'set zonename=web3').end).toBe('ok')
    expect([...host.states]).toEqual([['web3', 'installed']])
  })

  test('a running zone is not renamed, nor one to a name in use', () => {
    const host = new ZonecfgHost()
    host.have('web1', web1)
    host.have('web2', 'create -b; set zonepath=/zones/web2')
    expect(host.run('web2', 'set zonename=web1').err).toMatch(/web1: Zone name already in use\n/)
    host.states.set('web2', 'running')
    expect(host.run('web2', 'set zonename=web3').err).toMatch(
      /web3: Zone state is invalid for the requested operation\n/,
    )
  })

  test('what is fixed once installed is refused', () => {
    const host = new ZonecfgHost()
    host.have('web1', 'create\nset zonepath=/zones/web1', 'installed')
    for (const command of [
      'set zonepath=/x',
      'set brand=lx',
      'add inherit-pkg-dir',
      'remove inherit-pkg-dir dir=/usr',
    ]) {
      const action = command.replace(/=.*| dir.*/, '')
      expect(host.run('web1', command, 'words')).toMatchObject({
        end: 'failed',
        err: `Zone web1 already installed; ${action} not allowed.\n`,
      })
    }
  })
})

describe('resources', () => {
  test.each([
    ['add fs\nend', 'dir not specified\nspecial not specified\ntype not specified\n'],
    ['add fs\nset dir=export\nset special=/a\nset type=lofs\nend', 'dir export is not an absolute path.\n'],
    ['add fs\nset type=a/b', '"a/b" is not a valid type.\n'],
    ['add net\nset address=192.0.2.1/33', '192.0.2.1/33: IPv4 address prefix lengths must be 0 - 32.\n'],
    ['add net\nset address=2001:db8::1', '2001:db8::1: IPv6 addresses require /prefix-length suffix.\n'],
    [
      'add net\nset address=2001:db8::1/129',
      '2001:db8::1/129: IPv6 address prefix lengths must be 0 - 128.\n',
    ],
    ['add net\nset address=-a', '-a: bogus host name or network address syntax\n'],
    ['add net\nset physical=bge0:1', 'bge0:1: LUNs not allowed in physical interface names\n'],
    ['add net\nset dir=/a', 'dir: No such property type\nusage:\nset '],
    ['add rctl\nset name=max-lwps', "'max-lwps' is not a valid zone rctl name.\n"],
    ['add rctl\nset name=zone.a\nend', 'no value specified\n'],
    ['add rctl\nadd value (priv=privileged,limit=1)', 'action not specified\n'],
    ['add rctl\nadd value (priv=privileged,limit=1k,action=deny)', 'Invalid rctl value specification\n'],
    ['add rctl\nadd value 5', 'A complex or list value was expected here.\n'],
    [
      'add attr\nset name=a_b\nset type=string\nset value=x\nend',
      "Invalid attr name a_b: can only contain alpha-numeric characters, plus '-' and '.'.\n",
    ],
    [
      'add attr\nset name=zonex\nset type=string\nset value=x\nend',
      'Invalid attr name zonex: names that begin with zone are reserved.\n',
    ],
    ['add attr\nset name=a\nset type=boolean\nset value=yes\nend', 'invalid attr value for type=boolean\n'],
    ['add attr\nset name=a\nset type=uint\nset value=-1\nend', 'invalid attr value for type=uint\n'],
    ['add attr\nset name=a\nset type=float\nset value=1\nend', "invalid attr type 'float'\n"],
    ['add dedicated-cpu\nset ncpus=4-2', 'ncpus property is out of range.\n'],
    ['add capped-cpu\nset ncpus=0', 'ncpus property is out of range.\n'],
    ['add capped-memory\nset physical=512k', 'physical value is too small.  It must be at least 1M.\n'],
    ['add capped-memory\nset swap=10M', 'swap value is too small.  It must be at least 50M.\n'],
    [
      'add capped-memory\nset physical=1G\nset locked=2G\nend',
      'The locked cap must be less than or equal to the physical cap.\n',
    ],
    ['add capped-memory\nend', 'No property was specified.  One of physical, swap or locked is required.\n'],
    [
      'set pool=p\nadd dedicated-cpu',
      'The pool property is already set.  A persistent pool is incompatible with\nthe dedicated-cpu resource.\n',
    ],
    ['add admin', 'syntax error\nusage:\nadd '],
    ['add fs\nselect net', 'The select command only makes sense in the global scope.\n'],
    ['add fs\nclear dir', 'dir: Clearing this property is not allowed\n'],
    ['add fs\nremove options ro', 'options: No such property with that id\n'],
  ])('%j is refused', (commands, said) => {
    expect(complaint(commands).slice(0, said.length)).toBe(said)
  })

  test.each([
    ['fs', 'set dir=/e\nset special=/e\nset type=lofs', "A fs resource with the dir '/e' already exists."],
    ['attr', 'set name=a\nset type=int\nset value=1', "An attr resource with the name 'a' already exists."],
    [
      'net',
      'set physical=bge0\nset address=a',
      "A net resource with the physical 'bge0', and address 'a' already exists.",
    ],
    ['dataset', 'set name=tank/a', "A dataset resource with the name 'tank/a' already exists."],
  ])('a second %s with the same key is refused', (kind, properties, said) => {
    const add = `add ${kind}\n${properties}\nend\n`
    expect(complaint(add + add).split('\n')[0]).toBe(said)
  })

  test('one that is selected, changed and ended moves to the end', () => {
    const net = (physical: string) => `add net\nset physical=${physical}\nset address=a\nend\n`
    const host = new ZonecfgHost()
    host.have('web1', web1 + net('bge0') + net('bge1'))
    const { config } = host.run('web1', 'select net physical=bge0\nset address=192.0.2.5/24\nend')
    expect(config?.elements).toEqual([
      zoneElement('network', { address: 'a', physical: 'bge1' }),
      zoneElement('network', { address: '192.0.2.5/24', physical: 'bge0' }),
    ])
  })

  test('an ended selection may not collide with another resource', () => {
    const host = new ZonecfgHost()
    host.have('z', `${web1}add dataset; set name=a; end; add dataset; set name=b; end`)
    expect(host.run('z', 'select dataset name=a; set name=b; end', 'words').err).toMatch(
      /^A dataset resource with the name 'b' already exists\./,
    )
  })

  test('cancel leaves everything as it was', () => {
    const host = new ZonecfgHost()
    host.have('web1', `${web1}add dataset\nset name=tank/a\nend`)
    const before = host.documents.get('web1')
    expect(host.run('web1', 'select dataset name=tank/a\nset name=tank/b\ncancel')).toMatchObject({
      end: 'ok',
      config: before,
    })
  })

  test('remove takes one by its key, or all with -F', () => {
    const host = new ZonecfgHost()
    host.have('web1', 'create\nset zonepath=/zones/web1')
    expect(host.run('web1', 'remove inherit-pkg-dir', 'words')).toMatchObject({
      end: 'failed',
      err: 'There are multiple instances of this resource.  Either qualify the resource to\nremove a single instance or use the -F option to remove all instances.\n',
    })
    expect(host.run('web1', 'remove inherit-pkg-dir dir=/sbin').config?.elements).toHaveLength(3)
    expect(host.run('web1', 'remove -F inherit-pkg-dir').config?.elements).toEqual([])
    expect(host.run('web1', 'remove -F inherit-pkg-dir', 'words').err).toBe(
      'remove inherit-pkg-dir: No such resource with that id\n',
    )
  })

  test('capped-cpu is a resource control of a hundred for each CPU', () => {
    const { config } = new ZonecfgHost().run('z', `${web1}add capped-cpu\nset ncpus=1.25\nend`)
    expect(config?.elements[0]?.children[0]?.attributes['limit']).toBe('125')
  })

  test('dedicated-cpu and capped-memory come back as they were set', () => {
    const host = new ZonecfgHost()
    host.have(
      'z',
      `${web1}add dedicated-cpu; set ncpus=1-4; set importance=10; end; add capped-memory; set physical=512M; set locked=256M; end`,
    )
    expect(host.run('z', 'info dedicated-cpu; info capped-memory', 'words').out).toBe(
      'dedicated-cpu:\n\tncpus: 1-4\n\timportance: 10\ncapped-memory:\n\tphysical: 512M\n\t[locked: 256M]\n',
    )
    const { config } = host.run(
      'z',
      'select capped-memory; clear locked; set physical=1G; end; remove dedicated-cpu',
    )
    expect(config?.elements).toEqual([zoneElement('mcap', { physcap: '1073741824' })])
  })

  test('illumos knows admin, security-flags, allowed-address and lx attributes', () => {
    const { config, err } = new ZonecfgHost('illumos').run(
      'lx1',
      [
        'create -b; set zonepath=/zones/lx1; set brand=lx; set ip-type=exclusive; set fs-allowed=ufs,pcfs',
        'add net; set physical=vnic0; set allowed-address=192.0.2.9/24; set defrouter=192.0.2.1; set global-nic=igb0; end',
        'add attr; set name=kernel-version; set type=string; set value=4.4; end',
        'add admin; set user=jack; set auths=login,manage; end',
        'add security-flags; set lower=aslr; end',
        'verify; commit',
      ].join('\n'),
    )
    expect(err).toBe('')
    expect(config?.elements.map(({ tag }) => tag)).toEqual(['network', 'attr', 'admin', 'security-flags'])
  })
})

describe('verify and commit', () => {
  test.each([
    ['create -b\nverify', 'zonepath cannot be empty.\nz: Required resource missing\n'],
    [
      'create -b\ncommit',
      'zonepath cannot be empty.\nZone z failed to verify\nz: Required resource missing\n',
    ],
    [
      'create -b\nset zonepath=/z\nset ip-type=exclusive\nadd net\nset physical=bge0\nset address=a\nend\nverify',
      'net: address cannot be specified for an exclusive IP type\nz: Invalid argument\n',
    ],
    [
      'create -b\nset zonepath=/z\nadd net\nset physical=bge0\nend\nverify',
      'net: address not specified\nz: Required property missing\n',
    ],
    [
      'create -b\nset zonepath=/z\nadd net\nverify',
      'resource specification incomplete\nz: Insufficient specification\n',
    ],
  ])('%j explains what is missing', (commands, said) => {
    const { err } = new ZonecfgHost().run('z', commands, 'words')
    expect(err.slice(0, said.length)).toBe(said)
  })

  test('a sparse root is refused on illumos', () => {
    const host = new ZonecfgHost('illumos')
    const elements = [zoneElement('inherited-pkg-dir', { directory: '/usr' })]
    host.detached.set('/a', { ...emptyZoneConfig('a'), elements })
    expect(host.run('z', 'create -a /a').err).toMatch(/inherit-pkg-dir: No such resource type/)
  })

  test('the end of the input commits, and a second run has nothing to do', () => {
    const host = new ZonecfgHost()
    expect(host.run('web1', web1).end).toBe('ok')
    expect(host.states.get('web1')).toBe('configured')
    expect(host.run('web1', 'verify')).toMatchObject({ end: 'ok', err: '', out: '' })
  })

  test('a value that no document can hold is not saved', () => {
    const host = new ZonecfgHost()
    expect(host.run('z', `${web1}set bootargs="a\u0001b"`).err).toMatch(
      /z: Invalid document\nConfiguration not saved\.\n$/,
    )
    expect(host.documents.has('z')).toBe(false)
  })
})

describe('a command file', () => {
  test('stops at its first error, names the line, and keeps what was right', () => {
    const host = new ZonecfgHost()
    expect(host.run('web1', `${web1}\nset autoboot=yes\nset autoboot=true\n`)).toMatchObject({
      end: 'failed',
      err: "On line 4 of web1.cfg:\nautoboot value must be 'true' or 'false'.\n",
    })
    expect(host.documents.get('web1')).toMatchObject({ zonepath: '/zones/web1', autoboot: false })
  })

  test('with a resource left open saves nothing', () => {
    const host = new ZonecfgHost()
    expect(host.run('web1', `${web1}add net\n`)).toMatchObject({
      end: 'failed',
      err: 'On line 3 of web1.cfg:\nResource incomplete.\n',
    })
    expect(host.documents.has('web1')).toBe(false)
  })

  test('that cannot be committed says that it was not saved', () => {
    expect(new ZonecfgHost().run('web1', 'create\n').err).toMatch(
      /web1: Required resource missing\nConfiguration not saved\.\n$/,
    )
  })

  test('with a syntax error says where', () => {
    expect(new ZonecfgHost().run('web1', 'create\nset zonepath=/a\nboot now\n').err).toBe(
      "On line 3 of web1.cfg:\nsyntax error at 'boot'\n",
    )
  })
})

describe('an interactive session', () => {
  test('greets a user whose zone does not exist, and goes on after an error', () => {
    const host = new ZonecfgHost()
    const { end, out, err } = host.run('web1', `create -b\nbogus\nset zonepath=/zones/web1\n`, 'interactive')
    expect(out).toBe("Use 'create' to begin configuring a new zone.\n")
    expect(err).toBe("web1: No such zone configured\nsyntax error at 'bogus'\n")
    expect(end).toBe('failed')
    expect(host.documents.get('web1')?.zonepath).toBe('/zones/web1')
  })

  test('asks before it deletes', () => {
    const host = new ZonecfgHost()
    host.have('web1', web1)
    host.answer = false
    expect(host.run('web1', 'delete', 'interactive').out).toBe('Are you sure you want to delete zone web1? ')
    expect(host.states.has('web1')).toBe(true)
    host.answer = true
    host.run('web1', 'delete', 'interactive')
    expect(host.states.has('web1')).toBe(false)
  })

  test('may go on when there is something left to do', () => {
    const host = new ZonecfgHost()
    host.answer = false
    expect(host.run('web1', 'create -b', 'interactive').end).toBe('again')
  })
})

describe('delete and revert', () => {
  test('delete takes only a configured zone without -F, and never a running one', () => {
    const host = new ZonecfgHost()
    host.have('web1', web1, 'installed')
    host.answer = true
    expect(host.run('web1', 'delete', 'words').err).toBe(
      'Zone web1 not in configured state; delete not allowed.  Use -F to force delete.\n',
    )
    host.states.set('web1', 'running')
    expect(host.run('web1', 'delete -F', 'words').err).toBe(
      'web1: Zone state is invalid for the requested operation\n',
    )
    host.states.set('web1', 'installed')
    expect(host.run('web1', 'delete -F', 'words')).toMatchObject({ end: 'ok', err: '' })
    expect(host.documents.has('web1')).toBe(false)
  })

  test('delete of an unknown zone fails', () => {
    expect(new ZonecfgHost().run('web1', 'delete -F', 'words')).toMatchObject({
      end: 'failed',
      err: 'web1: No such zone configured\n',
    })
  })

  test('revert goes back to what is saved', () => {
    const host = new ZonecfgHost()
    host.have('web1', web1)
    const saved = host.documents.get('web1')
    expect(host.run('web1', 'set autoboot=true\nrevert -F')).toMatchObject({ end: 'ok', config: saved })
  })
})

describe('export and help', () => {
  test('export -f writes to a file', () => {
    const host = new ZonecfgHost()
    host.have('web1', web1)
    host.run('web1', 'export -f /tmp/web1.cfg')
    expect(host.files.get('/tmp/web1.cfg')).toBe(
      'create -b\nset zonepath=/zones/web1\nset autoboot=false\nset ip-type=shared\n',
    )
  })

  test('help says how a command is called', () => {
    expect(new ZonecfgHost().run('z', 'help create', 'words').out).toBe(
      'usage:\ncreate [-F] [ -a <path> | -b | -t <template> ]\n',
    )
    expect(new ZonecfgHost().run('z', 'create -?', 'words').out).toBe(
      'usage:\ncreate [-F] [ -a <path> | -b | -t <template> ]\n',
    )
  })

  test('info of something that is not there says so', () => {
    const host = new ZonecfgHost()
    host.have('web1', web1)
    expect(host.run('web1', 'info net physical=bge0', 'words')).toMatchObject({
      end: 'ok',
      out: 'No such net resource.\n',
    })
  })
})
