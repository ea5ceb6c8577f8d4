// The Perl module by which zadm knows a further provider of images (jumpstart.md 6.3).

/** `url`: how hosts reach the server, with the token where there is one, without a slash at its end. */
export function renderZadmPlugin(url: string): string {
  return `package Zadm::Image::Zoneflash;
use Mojo::Base 'Zadm::Image::OmniOS';

# Images of the zoneflash server that gave this file. Its place is beside OmniOS.pm, e.g.
# /opt/ooce/zadm/lib/Zadm/Image/Zoneflash.pm; zadm finds it by itself.

has baseurl  => ${perlString(`${url}/media`)};
has index    => sub { shift->baseurl . '/img.json' };
has provider => 'zoneflash';

1;
`
}

/** In single quotes nothing but these two means anything. */
function perlString(text: string): string {
  return `'${text.replace(/[\\']/g, '\\$&')}'`
}
