object 4a7ee9a16985cf8158f0c6d000e42fb81a7d4425
type commit
tag v3.0.0
tagger t <t@flyball.dev> 1767323045 +0000

unsigned
