"""Closed lists of English: first names, groups of people, places, and the words that stand beside them.

For `asker` and `missing`, which have to know such words where no capital letter tells: "can a trainee in bergen". The
lists are short and common on purpose; a word that is not among them is judged by its capital letter and its digits, or
not at all. Nothing here is said to be true of the world.
"""

from functools import lru_cache

# Persons' first names, as colleagues are named in questions; those that are common words too ("will", "may") are not.
FIRST_NAMES = frozenset(
    """aaron adam adrian agnieszka ahmed aino aisha akira alan alba albert alejandro alex alexander alexandra ali alice
    alicia amanda amelia amelie amina aminata amir amy ana andrea andreas andrew angela anil anita anja anjali ann
    anna anne annette annika anthony antoine anton antonia antonio aoife arjun astrid ayse barbara beatrice ben
    benjamin bente bernd bert beth bianca bilal birgit birgitte bjarne bjorn bob brenda brian bruno callum camilla
    camille carla carlos carmen caroline catherine cathy celine charles charlotte chiara chidi chloe chris christian
    christina christine ciara claire clara claudia connor craig dagmar dan daniel daniela david debbie deborah
    declan deepak denise deniz diana didier diego dieter dmitri dominik donna dora dorothy dorte dragan dylan edward
    eirik elena elias elif elisa elizabeth elke ella ellen emil emily emma emre eoin eric erik erika ernst espen
    esther eva ewa fatima fatma fatou felix fiona florian francesca francesco francois frank franz fredrik freja
    frida friedrich fritz gabriel gabriela gareth gary geir george gerald gerd giovanni gisela giulia goran graham
    greg greta gudrun guillaume gunnar gunther gustav hana hanna hannah hannelore hannes hans harald harry haruka
    hasan hassan havard heidi heike heinz helen helena helga helge henrik henry hilde hiroshi holger horst hugo ian
    ibrahim ida ines ingeborg ingo ingrid irene isabel isabella isabelle ivan ivana jack jacob jacques jakob jamal
    james jan jana jane janet jason javier jean jeff jennifer jens jesper jess jessica jette jim jiri jo joanna
    jochen joe johan johanna john jonas jonathan jorg jorge jose josef josefine joseph joshua juan judith juha julia
    julian juliana julie jurgen jutta karen karin karl karolina karsten kasper katarina katarzyna kate katharina
    katherine kathrin kathy katja kavita keith kenji kevin khalid kjetil klara klaus knut kofi krzysztof kurt kwame
    lakshmi lara lars laura layla lea leif leila lena leo leon leonardo leyla liam lina linda linh lisa lothar lotte
    louis louise luca lucas lucia lucie lucy ludwig luis luisa lukas mads magda magdalena magnus maja manfred marco
    marcus marek margaret maria mariam marie marina mario marit marta martha martin martina mary maryam mateo
    mateusz mathieu matt matteo matthew matthias max maya mehmet melanie merete mia michael michelle miguel mike
    mikkel mikko mila ming minh miriam mohamed mohammed monica monika moritz morten mustafa nadia nadine natalia
    natalie nathalie neha neil ngozi niamh nicholas nick nicole nigel nikolai nils nina noah nora norbert nour nuria
    olaf olav ole olga oliver olivia omar omer oscar oskar otto owen oystein pablo paolo pascal patricia patrick
    paul paula pawel pedro pekka pernille peter petr petra philip philipp pia pierre piotr pooja priya rachel rahul
    rainer raj ralf randi raphael rasmus ravi rebecca reinhard renate rhys ricardo richard rob robert roberto rohan
    rolf rosa rudiger rudolf ruth ryan sabine sam samantha samir samuel sandra sanjay sara sarah sean sebastian
    sergei sharon siegfried sigrid silje silvia simon simone siobhan sipho sofia sofie solveig sonja sophia sophie
    soren stefan stefanie stephanie stephen steve steven stian stuart sunita susan susanne sven sylvia sylvie
    takeshi tamara tanja tara tariq tatiana teresa thea theo thierry thomas thorsten tim tina tobias tom tomas
    tomasz tommy tony torbjorn torsten trevor troels trond tuomas ulrich ulrike ursula uwe valentina vera veronica
    victor victoria vijay viktor vincent volker walter wei werner wilhelm wolfgang wolfram xavier yasmin yuki yusuf
    zainab zoe zoran""".split()
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
    saudi arabia, scotland, seattle, seoul, serbia, seville, shanghai, sheffield, singapore, slovakia, slovenia,
    south africa, south korea, spain, stavanger, stockholm, stuttgart, sweden, switzerland, sydney, taiwan, tallinn,
    tehran, tel aviv, texas, thailand, the hague, tokyo, toronto, trondheim, tunisia, turin, ukraine,
    united kingdom, united states, utrecht, vancouver, venezuela, venice, vienna, vietnam, vilnius, wales, warsaw,
    washington, wroclaw, zagreb, zurich""".split(",")
)

_KEPT = 1 << 12  # words, some 100 bytes each; most are common ones


@lru_cache(maxsize=_KEPT)
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
