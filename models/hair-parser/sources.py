"""Who may look at which photograph without people. The parser learns from some, the judgment (presence.py) is fitted
to others, and both are measured on the rest: a judgment that is fitted to photographs that the parser has learned
expects too little of it elsewhere.

The side follows from the name of the source, so that every size, format and place of one photograph, and numbered
photographs of one thing (dog1, dog2), lie on the same side.
"""

import re
import zlib

SIDES = ("measure", "measure", "parser", "parser", "parser", "judgment", "judgment", "judgment")
ALBUM = re.compile(r"([a-z_]+?)[/_]0*(\d+)\.\w+$")  # the pictures of an album (a resource file) have only numbers
ALBUMS = ("categorization", "clickgame", "erase", "explore_farm_animals", "explore_monuments", "explore_world_animals")


def key(name):
    """What a file shows, from its path: the name without its folder, ending, size and number; of an album, both."""
    name = name.replace("\\", "/")
    album = ALBUM.search(name.rsplit("/", 2)[-1] if "_" in name.rsplit("/", 1)[-1] else "/".join(name.rsplit("/", 2)[-2:]))
    if album and album[1] in ALBUMS:
        return f"{album[1]} {album[2]}"
    name = name.split("/contents/")[0]  # desktop wallpapers: NAME/contents/images/1920x1080.jpg
    stem = re.sub(r"\.\w{3,4}$", "", name.rsplit("/", 1)[-1]).lower()
    return re.sub(r"[-_ ]?\d+(x\d+)?$", "", re.sub(r"[-_ ]?(\d+x\d+|hd|wide)$", "", stem)) or stem


def side(name):
    """"parser", "judgment" or "measure": three eighths of the sources each, and a quarter."""
    return SIDES[zlib.crc32(key(name).encode()) % len(SIDES)]
