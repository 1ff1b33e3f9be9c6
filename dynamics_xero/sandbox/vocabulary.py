"""Words the generator makes companies, people and places of."""

from __future__ import annotations


def _words(text: str, separator: str | None = None) -> tuple[str, ...]:
    return tuple(text.split(separator))


ADJECTIVES = _words(
    "Able Amber Arctic Aspen Atlas Azure Baltic Beacon Birch Bold Brass Bright Bronze Calm Cedar "
    "Central Citrus Clear Coastal Cobalt Copper Coral Crimson Crystal Delta Desert Eastern Ember "
    "Evergreen Falcon Fern Forest Garnet Gentle Glacier Golden Granite Harbour Hazel Heather "
    "Hidden Highland Indigo Iron Ivory Jade Juniper Keen Lakeside Linden Lunar Maple Marble "
    "Meadow Merry Modern Northern Oak"
)
NOUNS = _words(
    "Anchor Arrow Bakery Bicycle Bottle Bridge Canvas Carpet Castle Clock Cloud Compass Cottage "
    "Dairy Diamond Eagle Engine Fabric Ferry Field Flour Fountain Furniture Garden Gear Glass "
    "Grain Grove Hammer Harvest Honey Island Kettle Kitchen Ladder Lantern Lemon Lens Lighthouse "
    "Loom Market Mill Mirror Mountain Needle Optics Orchard Paper Pearl Pepper Piano Pottery "
    "Printing Quarry River Roofing Rope"
)
FORMS = (
    "Ltd",
    "Limited",
    "Group",
    "Trading",
    "Supplies",
    "Partners",
    "Works",
    "Services",
    "Company",
    "Holdings",
    "Exports",
    "Imports",
    "Logistics",
    "Studio",
    "Wholesale",
    "Foods",
    "Systems",
    "Tools",
    "Brothers",
    "& Sons",
    "Design",
    "Labs",
    "Outfitters",
    "Agency",
    "Union",
    "Associates",
    "Collective",
    "Depot",
    "Direct",
    "Factory",
    "House",
    "Industries",
    "Network",
    "Online",
    "Products",
    "Shop",
    "Stores",
    "Supply",
    "Traders",
    "Ventures",
)
FIRST_NAMES = _words(
    "Ada Alan Alice Amelia Anna Arthur Beatrice Ben Carla Charles Clara Daniel David Diana Edith "
    "Edward Ella Emma Eric Eva Felix Fiona Frank Grace Hannah Harold Helen Henry Ida Irene Jack "
    "James Jane John Julia Karl Laura Leo Lily Linda Louis Lucy Maria Mark Martha Martin Mary "
    "Max Mia Nina Nora Oliver Oscar Paul Peter Rose Ruth Sam Sarah Sophie Thomas Victor Walter"
)
LAST_NAMES = _words(
    "Adams Allen Archer Bailey Baker Barnes Bell Bennett Brooks Brown Butler Carter Clarke Cole "
    "Cook Cooper Cox Davies Dixon Edwards Ellis Evans Fisher Foster Fox Gibson Graham Grant Gray "
    "Green Hall Harris Harvey Hill Holmes Hughes Hunt Jackson James Kelly King Knight Lewis "
    "Lloyd Marsh Mason Miller Mills Moore Morgan Murphy Nelson Owen Palmer Parker Pearce Price "
    "Reed Reid Richards Roberts Rogers Scott Shaw Simpson Stone Taylor Turner Walker Ward Watson"
)
STREETS = _words(
    "High Street,Church Lane,Station Road,Mill Lane,Victoria Avenue,Park Road,Queen Street,"
    "King Street,Bridge Street,Market Square,Harbour View,Orchard Close,Elm Grove,Oak Drive",
    ",",
)
JOBS = (
    "Owner",
    "Accountant",
    "Purchasing Manager",
    "Sales Manager",
    "Office Manager",
    "Director",
    "Marketing Assistant",
    "Order Administrator",
    "Bookkeeper",
)
PLACES = (
    ("Wellington", "Wellington", "60##", "New Zealand", "+64 4"),
    ("Auckland", "Auckland", "10##", "New Zealand", "+64 9"),
    ("Sydney", "New South Wales", "20##", "Australia", "+61 2"),
    ("Melbourne", "Victoria", "30##", "Australia", "+61 3"),
    ("Brisbane", "Queensland", "40##", "Australia", "+61 7"),
    ("Manchester", "Greater Manchester", "M## 4AB", "United Kingdom", "+44 161"),
    ("Bristol", "Avon", "BS## 5CD", "United Kingdom", "+44 117"),
    ("Portland", "Oregon", "972##", "United States", "+1 503"),
    ("Austin", "Texas", "787##", "United States", "+1 512"),
    ("Toronto", "Ontario", "M5V 2##", "Canada", "+1 416"),
)
ACCENTED = ("Crème Brûlée", "Łódź Żywiec", "São João", "Smørrebrød", "Übergröße", "Ñandú Peña")
EMOJI = ("🚀", "☕", "🍋", "👩‍🔬", "🇳🇿")
BAD_EMAILS = ("not an address", "two@@ats.example", "trailing.dot@example.", "spa ce@mail.example")
