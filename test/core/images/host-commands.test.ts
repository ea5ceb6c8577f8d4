import { expect, test } from 'vitest'
import { clientCommands } from '#core/images/host-commands.ts'

test('an illumos host is told what imgadm and zadm are told, with no token in it', () => {
  expect(clientCommands({ name: 'smartos1', release: 'illumos' }, 'http://192.0.2.1:7070')).toEqual([
    {
      client: 'imgadm',
      command: 'imgadm sources -a http://192.0.2.1:7070',
      note: 'templates that are open to imgadm; for others: http://192.0.2.1:7070/t/TOKEN, with the token of `zoneflash token create smartos1 --role reader`',
    },
    {
      client: 'zadm',
      command:
        'curl -fsSo /opt/ooce/zadm/lib/Zadm/Image/Zoneflash.pm http://192.0.2.1:7070/media/Zoneflash.pm',
      note: 'templates that are open to zadm; for others: http://192.0.2.1:7070/t/TOKEN, with the token of `zoneflash token create smartos1 --role reader`',
    },
  ])
})

test('Solaris 10 has no such clients', () => {
  expect(clientCommands({ name: 'h1', release: 's10u8' }, 'http://192.0.2.1:7070')).toEqual([])
})
