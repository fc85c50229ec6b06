"""Closed lists of English: first names, groups of people, places, and the words that stand beside them.

For `asker` and `missing`, which have to know such words where no capital letter tells: "can a trainee in bergen". The
lists are short and common on purpose; a word that is not among them is judged by its capital letter and its digits, or
not at all. Nothing here is said to be true of the world.
"""

# Persons' first names, as colleagues are named in questions; those that are common words too ("will", "may") are not.
FIRST_NAMES = frozenset(
    """aaron adam adrian ahmed aisha alan alba albert alejandro alex alexander alexandra ali alice alicia amanda amelia
    amina amir amy ana andrea andreas andrew angela anita anja ann anna anne annika anthony antonia antonio anton
    astrid barbara beatrice ben benjamin bernd bert bianca birgit bjorn bob brian bruno camilla carla carlos carmen
    caroline catherine charles charlotte chiara chloe chris christian christina christine claire clara claudia daniel
    daniela david deborah denise diana diego dmitri dominik dora dorothy edward elena elias elisa elizabeth ella ellen
    emil emily emma eric erik erika ernst esther eva fatima fatma felix fiona florian francesca francesco frank franz
    frida friedrich fritz gabriel gabriela george gerald gerd giulia giovanni greta gustav hana hanna hannah hannes
    hans harald harry hassan heidi heike helen helena helga henrik henry hugo ian ibrahim ida ines ingrid irene isabel
    isabella ivan jack jacob jakob james jan jane janet jason javier jean jeff jennifer jens jessica jim joanna joe
    johan johanna john jonas jonathan jorge jose josef joseph joshua juan judith julia julian juliana julie jurgen
    karen karin karl karolina katarina kate katharina katherine kathrin katja kevin khalid klaus klara lara lars laura
    lea leila lena leo leon leonardo lina linda lisa lotte louis louise luca lucas lucia lucy luis luisa lukas magda
    magdalena maja marco marcus margaret maria mariam marie marina mario marta martha martin martina mary mateo matteo
    matthew matthias max maya mehmet melanie mia michael michelle miguel mike mila miriam mohamed mohammed monica
    monika moritz nadia nadine natalia natalie nicholas nicole nikolai nils nina noah nora nuria olaf ole oliver olivia
    olga omar oscar oskar otto pablo paolo patricia patrick paul paula pedro peter petra philip philipp pia pierre
    priya rachel raj ralf raphael rebecca renate ricardo richard robert roberto rosa ruth ryan sabine sam samantha
    samir samuel sandra sara sarah sebastian sergei silvia simon simone sofia sofie sonja sophia sophie stefan stefanie
    stephanie stephen steve steven sunita susan susanne sven sylvia tamara tanja tara tatiana teresa thea theo thomas
    tim tina tobias tom tomas tommy tony ulrich ulrike ursula valentina vera veronica victor victoria viktor vincent
    walter wei werner wolfgang yasmin yusuf yuki zoe""".split()
)
HONORIFICS = frozenset("mr mrs ms miss dr prof professor herr frau".split())
# People whom a speaker names by what they are to him: "my colleague Tom".
RELATIONS = frozenset(
    """assistant boss boyfriend brother buddy child colleague coworker co-worker dad daughter deputy father friend
    girlfriend husband intern kid lead manager mate mother mum neighbour neighbor partner predecessor report roommate
    sister son successor supervisor teammate trainee wife""".split()
)
# Everybody who works somewhere: not named as missing, whatever word a document has for them.
EVERYBODY = frozenset(
    """anybody anyone colleague employee everybody everyone individual me member one people person personnel somebody
    someone staff team teammate user us we worker you""".split()
)
# Groups of people to whom another rule may apply, by what they are in the singular; each line is one group.
_GROUPS = """
accountant
actor actress performer
adult
apprentice apprenticeship
architect
assistant
author writer
boss manager supervisor
candidate applicant
caterer
cleaner
client customer
consultant adviser advisor
contractor subcontractor
crew crewmember
designer
developer programmer
disabled disability
driver
editor
engineer
expat expatriate
father dad
freelancer freelance self-employed
guest visitor
illustrator
intern internship
journalist reporter
minor underage child kid
mother mum mom
musician
newcomer starter joiner
parent
part-timer part-time
pensioner retiree
photographer
pregnant
researcher
resident
secretary
shareholder
student
supplier vendor
technician
temp
tenant
tourist
trainee traineeship
trainer
translator interpreter
veteran
volunteer
""".strip().split("\n")
GROUP_OF = {word: line.split()[0] for line in _GROUPS for word in line.split()}
PLACES = frozenset(
    name.strip()
    for name in """
    afghanistan, africa, albania, algeria, amsterdam, antwerp, argentina, asia, athens, atlanta, australia,
    austria, bangkok, bangladesh, barcelona, basel, bavaria, beijing, belarus, belfast, belgium, bergen, berlin, bern,
    bogota, bologna, bolivia, bordeaux, boston, bratislava, brazil, bremen, brighton, bristol, britain, brussels,
    bucharest, budapest, bulgaria, cairo, california, cambridge, canada, cape town, cardiff, chicago, chile, china,
    cologne, colombia, copenhagen, croatia, cuba, cyprus, czech republic, czechia, dallas, delhi, denmark, detroit,
    dresden, dubai, dublin, dusseldorf, ecuador, edinburgh, egypt, england, estonia, ethiopia, europe, finland,
    florence, florida, france, frankfurt, galway, gdansk, geneva, genoa, germany, ghana, ghent, glasgow, gothenburg,
    graz, great britain, greece, greenland, hamburg, hanoi, hanover, havana, helsinki, hong kong, houston, hungary,
    iceland, india, indonesia, iran, iraq, ireland, israel, istanbul, italy, jakarta, japan, jerusalem, johannesburg,
    jordan, kenya, kiev, krakow, kuwait, kyiv, lagos, latvia, lebanon, leeds, leicester, leipzig, lima, lisbon,
    lithuania, liverpool, ljubljana, london, los angeles, luxembourg, lyon, madrid, malaysia, malmo, malta, manchester,
    manila, marseille, melbourne, mexico, mexico city, miami, milan, montreal, morocco, moscow, mumbai, munich, nairobi,
    naples, netherlands, new york, new zealand, newcastle, nigeria, northern ireland, norway, nuremberg, oslo,
    ottawa, oxford, pakistan, paris, peru, philadelphia, philippines, poland, porto, portugal, potsdam, prague, qatar,
    reykjavik, riga, rio de janeiro, romania, rome, rotterdam, russia, salzburg, san francisco, santiago, sao paulo,
    saudi arabia, scotland, seattle, seoul, serbia, seville, shanghai, sheffield, singapore, slovakia, slovenia, sofia,
    south africa, south korea, spain, stavanger, stockholm, stuttgart, sweden, switzerland, sydney, taiwan, tallinn,
    tehran, tel aviv, texas, thailand, the hague, tokyo, toronto, trondheim, tunisia, turin, ukraine,
    united kingdom, united states, utrecht, vancouver, venezuela, venice, vienna, vietnam, vilnius, wales, warsaw,
    washington, wroclaw, zagreb, zurich""".split(",")
)


def one_of_them(word: str) -> str:
    """Return a word for people in the singular: "trainees" and "trainee's" are "trainee"."""
    low = word.lower().replace("’", "'").removesuffix("'s").removesuffix("s'")
    if low in GROUP_OF or low in EVERYBODY or low in RELATIONS:
        return low
    if low.endswith("ies"):
        return f"{low[:-3]}y"
    if low.endswith("es") and low[:-2] in GROUP_OF:
        return low[:-2]
    return "child" if low == "children" else low.removesuffix("s")


def group_of(word: str) -> str | None:
    """Return the group of people that a word is of, by its first name here; `None` where it is of none."""
    return GROUP_OF.get(one_of_them(word))
