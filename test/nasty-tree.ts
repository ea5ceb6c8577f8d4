// A tree with everything that a file system can make difficult. Made by root: it has owners and devices.

/** A shell script that makes it in the current directory. */
export const nastyTree = String.raw`
umask 022
mkdir -p links/below/deep names many modes sizes targets special owners times
chmod 0755 .
printf 'one\n' >links/first
ln links/first links/below/second
ln links/first links/below/deep/third
ln -s first links/symlink
ln links/symlink links/below/symlink-again

for length in 48 49 50 51 63 64 100 254 255; do
  printf '%s\n' $length >names/$(printf "%0$length"d 0)
done
printf 'utf-8\n' >names/$(printf 'gr\303\274\303\237e')
printf 'latin-1\n' >names/$(printf 'gr\374\337e')
printf 'odd\n' >"names/with space, 'quotes' and \\backslash"
printf 'odd\n' >"names/line
break"
printf 'odd\n' >names/-dash
printf 'odd\n' >names/...
mkdir names/$(printf '%0200d' 7)
printf 'x' >names/$(printf '%0200d' 7)/$(printf '%0200d' 8)

(cd many && seq -f 'entry-%g' 1 2100 | xargs touch)
mkdir many-long
(cd many-long && seq -f 'a name of more than fifty bytes, so that the table is fat: %g' 1 400 | xargs -d '\n' touch)

for mode in 0000 0400 0444 0600 0644 0700 0711 0755 0777 1777 2755 4755 4711 6755 0070 0007 0421 0652; do
  printf '%s\n' $mode >modes/file-$mode
  mkdir modes/directory-$mode
  chmod $mode modes/file-$mode modes/directory-$mode
done

for size in 0 1 511 512 513 1023 1024 4095 65537 130560 130561 131071 131072 131073 262143 262144 262145 400001; do
  yes "$size bytes of a file" | head -c $size >sizes/$size
done
truncate -s 5M sizes/hole
truncate -s 3M sizes/sparse
printf 'middle' | dd of=sizes/sparse bs=1 seek=1000000 conv=notrunc status=none
truncate -s 3000001 sizes/ends-in-hole
printf 'start' | dd of=sizes/ends-in-hole conv=notrunc status=none
head -c 131072 /dev/zero >sizes/block-of-zeros
head -c 700 /dev/zero >sizes/small-zeros
printf 'end' | dd of=sizes/starts-in-hole bs=131072 seek=3 status=none

for length in 1 7 8 55 56 57 58 143 144 145 146 300 511 512 513 1023; do
  ln -s $(printf "%0$length"d 0 | tr 0 t) targets/$length
done
ln -s /etc/passwd targets/absolute
ln -s ../../.. targets/upwards
ln -s $(printf 'gr\374n') targets/latin

mkfifo special/fifo
mknod special/null c 1 3
mknod special/disk b 8 17
chmod 0640 special/fifo special/disk

printf 'x' >owners/nobody; chown 60001:60001 owners/nobody
printf 'x' >owners/large; chown 2147483647:2147483646 owners/large
mkdir owners/directory; chown 1000:50 owners/directory
ln -s nowhere owners/symlink; chown -h 25:25 owners/symlink

printf 'x' >times/nanoseconds; touch -d '2011-01-07T11:12:13.123456789Z' times/nanoseconds
printf 'x' >times/last-nanosecond; touch -d '2011-01-07T11:12:13.999999999Z' times/last-nanosecond
printf 'x' >times/old; touch -d '1985-10-26T01:21:00Z' times/old
printf 'x' >times/late; touch -d '2040-02-03T04:05:06Z' times/late
mkdir times/directory; touch -d '2001-02-03T04:05:06Z' times/directory
ln -s x times/symlink; touch -h -d '2002-02-03T04:05:06Z' times/symlink
`

/** A shell script that makes another version of it, in the current directory: every kind of change, and most of it stays. */
export const nastyChanges = String.raw`
umask 022
rm links/below/second; ln links/first sizes/linked-anew; printf 'two\n' >names/-dash
rm names/...; mkdir names/...; printf 'x' >names/.../inside
(cd many && rm entry-1* && seq -f 'new-%g' 1 50 | xargs touch)
(cd many-long && rm -- *7; mv 'a name of more than fifty bytes, so that the table is fat: 1' "moved to a name that has more than fifty bytes as well")
chmod 0711 modes/directory-0700; chmod 0600 modes/file-0777; chown 9:8 owners/nobody owners/directory; chown -h 1:1 owners/symlink
printf 'more' >>sizes/131072; truncate -s 100 sizes/400001; truncate -s 2M sizes/0; printf 'x' | dd of=sizes/sparse bs=1 seek=2000000 conv=notrunc status=none
cp sizes/262145 sizes/copy; mv sizes/262144 sizes/renamed
rm targets/300; ln -s elsewhere targets/300; ln -sf $(printf '%0300d' 8) targets/7
rm -r links/below; ln -s first links/below; rm special/disk; mkfifo special/disk
rm names/$(printf '%0255d' 0); rm -r names/$(printf '%0200d' 7)
touch -d '2012-01-07T11:12:13Z' times/old times
`

/**
 * A shell script that lists the tree in its first argument, a record for each name ended by a NUL: path, type, mode, owner, size (of
 * files and symlinks), time in whole seconds, links, target, inode.
 */
export const listTree = String.raw`cd "$1" && find . \( -type d -printf '%p\t%y\t%m\t%U:%G\t-\t%Ts\t%n\t%l\t%i\0' \) -o -printf '%p\t%y\t%m\t%U:%G\t%s\t%Ts\t%n\t%l\t%i\0'`

/** A shell script that prints a digest of the contents of every file in the tree of its first argument. */
export const digestTree = String.raw`cd "$1" && find . -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum -z`

/** What listTree printed, in an order of its own: inodes become the first path that has them. Latin-1 holds any name. */
export function comparableListing(listed: string): string[] {
  const rows = listed
    .split('\0')
    .filter(Boolean)
    .map((row) => row.split('\t'))
    .toSorted(([a = ''], [b = '']) => (a < b ? -1 : 1))
  const firsts = new Map<string, string>()
  return rows.map((row) => {
    const path = row[0] ?? ''
    const inode = row.pop() ?? ''
    if (!firsts.has(inode)) firsts.set(inode, path)
    return [...row, firsts.get(inode)].join(' | ')
  })
}
