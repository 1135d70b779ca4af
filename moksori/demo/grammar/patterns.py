"""Sentence patterns of the demo, by subject of talk: tables only.

`{class}` is a word of the class, `{class:은}` adds the particle in the shape that its
end asks for, `{class~았어요}` conjugates a predicate, `{#name}` is a number in written
form. The number before a group weighs it against the others.
"""

GROUPS: tuple[tuple[float, str], ...] = (
    (
        10,
        """
{action~았어요}. | {past} {action~았어요}. | {future} {action~을 거예요}.
{person:은} {action~았어요}. | {person:이} {past} {action~았습니다}.
{person:은} {often} {action~아요}. | {action~고 있어요}.
{person:은} {room}에서 {action~고 있습니다}. | {how} {action~아 주세요}.
{action~지 마세요}. | {future} {action~을까요}? | {past} {action~았어요}?
지금 {action~고 있어요}? | {action~아도 돼요}? | {action~아야 해요}.
{action~고 싶어요}. | {action~으려고 해요}. | {action~는 중이에요}.
{action~는 게 좋겠어요}. | {action~을 수 있어요}? | 아직 {action~지 않았어요}.
{action~을 줄 몰라요}. | {action~고 나서} {action~았어요}.
{action~기 전에} {action~으세요}. | {action~다가} 그만뒀어요.
{action~느라고} 늦었어요. | 얘들아, {action~자}. | 우리 같이 {action~읍시다}.
왜 {action~았어요}? | {person:과} 함께 {action~았어요}. | {elder:은} {action~고} 계세요.
{elder:께서} {action~으셨어요}. | {past} 처음으로 {action~아 봤어요}.
누가 {action~았어요}? | {person:은} {manner} {action~았어요}.
{action~으면} 기분이 좋아져요. | {action~았지만} 힘들지 않았어요.
{action~는 걸} 깜빡 잊었어요. | 걔는 {often} {action~는대요}.
{action~으면서} 친구를 기다렸어요. | {action~을 때} 조심하세요.
{action~았는데} 시간이 많이 남았어요. | {season}에는 {often} {action~곤 해요}.
{action~은 적이} 있어요. | {past} {action~았거든요}. | {person:이} {action~더라고요}.
{person:도} {action~았잖아요}. | {action~으려면} 시간이 걸려요.
{elder:께서} {action~으라고} 하셨어요. | {person:이} {action~자고} 했어요.
{action~을게요}. | {action~을지도} 몰라요. | {action~든지} {action~든지} 하세요.
{action~도록} 도와주세요. | {action~을수록} 실력이 늘어요.
{action~았더니} 조금 피곤해요. | {person:이} {action~느냐고} 물었어요.
집에 와서 {action~았어요}. | 저는 {action~는 것을} 좋아합니다.
{action~기가} 쉽지 않네요.
""",
    ),
    (
        5,
        """
{state~아요}. | {stance} {state~네요}. | {state~았어요}. | {state~아서} 놀랐어요.
{state~지 않아요}? | {city:은} {scene~습니다}. | 여기는 {scene~아서} 유명해요.
{state~지만} 괜찮아요. | {state~을 것 같아요}. | {then} {state~았습니다}.
{state~으면} 말해 주세요. | {quarter}에는 {climate~아요}. | {state~다고} 들었어요.
왜 이렇게 {state~아요}? | 요즘 {state~아졌어요}. | {state~으니까} 그렇게 합시다.
{stance} {state~군요}. | {person:이} {state~다고} 했어요. | {state~고} {state~아요}.
{climate~을수록} 건강에 신경 쓰세요. | {country:은} {climate~습니다}.
{city:은} {scene~고} {scene~아요}. | {stance} {climate~네요}. | {state~거든요}.
{soon} {climate~을 것 같아요}. | {climate~아서} 기분이 좋아요. | {state~더라고요}.
{scene~은지} 궁금해요.
""",
    ),
    (
        5,
        """
{event~았어요}. | {event~네요}. | {past} {event~았습니다}.
{soon} {nature~을 것 같아요}. | {event~아서} 깜짝 놀랐어요. | {nature~기} 시작했어요.
{event~으면} 전화해 주세요. | 갑자기 {event~았어요}. | {event~는 바람에} 늦었어요.
{event~을까} 봐 걱정돼요. | {city}에서는 벌써 {nature~았대요}.
{event~았는데} 아무도 몰랐어요. | 왜 {event~았을까요}? | {event~자마자} 밖으로 나갔어요.
{event~는 걸} 봤어요. | {nature~기} 전에 {action~읍시다}. | {nature~고} {nature~았어요}.
{quarter}에는 {often} {nature~아요}. | {nature~을 때까지} 기다렸어요.
{nature~으면} {action~을 거예요}. | {nature~는데} 어디 가세요?
{city}에는 {past} {nature~았습니다}. | {person:이} {event~는 걸} 알려 줬어요.
""",
    ),
    (
        6,
        """
{dish:을} {eat~았어요}. | {past} {dish:을} {eat~았어요}.
{dish:과} {dish:을} 시켰습니다. | {dish} 하나 주세요. | {person:은} {dish:을} 좋아해요.
점심으로 {dish:을} {eat~을까요}? | {dish:은} 제 입맛에 맞아요.
이 집은 {dish:이} 맛있어요. | {dish} 먹어 본 적 있어요? | {snack:을} {eat~고 싶어요}.
{snack:이} 정말 달아요. | {drink:을} {sip~았어요}. | {drink} {#cups} 주세요.
시원한 {drink} 한 잔 하실래요? | {drink:은} 안 마셔요.
{person:이} {drink:을} {sip~았어요}. | {snack:과} {drink:을} 샀어요.
{snack}보다 {snack:을} 더 좋아해요. | {greens:을} {cook~았어요}.
{greens:과} {greens:을} 함께 {cook~아요}. | {shop}에서 {produce:을} 샀어요.
{produce} {#kilos} 주세요. | {produce:이} 싱싱하네요.
{city:은} {produce:으로} 유명해요. | 먼저 {greens:을} {how} {cook~으세요}.
{dish:에} {greens:을} 넣으면 맛있어요. | {produce:은} 값이 올랐어요.
{elder:께서} {dish:을} 만들어 주셨어요. | {dish}, {dish}, {dish} 중에서 고르세요.
오늘 저녁은 {dish:이에요}. | {greens:을} 씻고 {greens:을} 썰어요.
배가 고파서 {snack:을} 먹었어요. | {dish} 만드는 법을 배웠어요.
{fruit:을} {pick~았어요}. | {person:은} {fruit:을} {pick~고 있어요}.
{fruit:이} 달고 맛있어요. | {meat:을} {grill~았어요}.
{meat:을} {manner} {grill~았어요}. | {meat:과} {greens:을} 볶아 드세요.
{fruit:과} {fruit:을} 한 상자씩 샀어요. | {dish:에} {meat:이} 들어 있어요.
{meat:은} 못 먹어요.
""",
    ),
    (
        6,
        """
{goods:을} {buy~았어요}. | {past} {shop}에서 {goods:을} {buy~았어요}.
{color} {goods:을} 찾고 있어요. | {quality} {goods:이} 필요해요.
이 {goods:은} 얼마예요? | {goods:을} {room:에} 두고 왔어요. | {device:이} 고장 났어요.
{goods:과} {goods:을} {buy~았습니다}. | {person:에게} {goods:을} 줬어요.
제 {goods} 못 봤어요? | {goods:은} 어디에 있어요? | {color} {clothes:을} {wear~았어요}.
{clothes:이} 잘 어울리네요. | {clothes:을} {wear~고 싶어요}.
{quality} {clothes:을} 샀습니다. | {goods:은} {#price}입니다.
{clothes:을} {#price:에} 팔아요. | {goods} 값이 {#percent} 올랐어요.
{clothes:은} {#price}, {clothes:은} {#price}이에요. | {shop:에} 사람이 많아요.
{goods:이} 없어졌어요. | {goods} 좀 빌려주세요.
{quality} {goods:을} {person:에게} 선물했어요.
{device:을} 고치는 데 {#price} 들었어요. | {#pieces} 샀어요.
{goods}, {goods}, 그리고 {clothes:을} 챙겼어요. | 이 {clothes}, 다른 색도 있나요?
{device:을} 새로 바꿀까요? | {room:에} {quality} {goods:이} 놓여 있어요.
{goods:은} {person} 거예요. | {device:을} 켜 주세요. | {device} 소리가 너무 커요.
{clothes:이} 조금 커서 바꾸러 왔어요. | {goods:이} 꼭 필요해요?
{device:을} 끄고 {goods:을} 치우세요.
영수증을 잃어버렸는데 {clothes:을} 바꿀 수 있어요? | {goods:은} 다 팔렸어요.
""",
    ),
    (
        6,
        """
{past} {outing:에} {visit~았어요}. | {future} {outing:에} {visit~을 거예요}.
{city:에} {visit~고 싶어요}. | {city}에서 {city}까지 얼마나 걸려요?
{transport:으로} {city:에} 갔어요. | {abroad:으로} 여행을 떠났어요.
{abroad:은} 처음이에요. | {city}에는 유명한 {outing:이} 있어요.
{outing} 가는 길을 알려 주세요. | {city} {outing:은} {#opening:에} 문을 열어요.
{transport:을} 타고 {outing:에} 갑시다. | {abroad:과} {abroad:을} 여행했어요.
{city} 날씨는 어때요? | {city:은} {abroad}보다 가까워요.
{person:은} {abroad}에서 살아요. | {person:과} {outing:에} 갔어요.
{#clock:에} {city}에서 만나요. | {city}행 {ride:은} {#clock:에} 떠납니다.
{city}까지 {#distance} 남았습니다. | {ride:이} {#minutes} 늦게 왔어요.
{office:은} {outing} 옆에 있어요. | {office} 앞에서 왼쪽으로 도세요.
{office:에} {visit~아야 해요}. | {future} {office:에} 같이 갈래요?
{#bus} 버스를 타세요. | {city}역에서 갈아타세요. | {ride} 표를 끊었어요.
{city} 들녘이 아름다워요. | {quarter:에} {city:을} 걸어 봤어요.
{person:이} {abroad}에서 엽서를 보냈어요. | {city} 밤거리를 걷고 싶어요.
{metropolis}행 비행기는 {#clock:에} 출발해요. | {metropolis}까지 몇 시간 걸립니까?
방은 {#suite}입니다. | {office:은} 몇 시에 닫아요? | {metropolis:은} {country}에 있나요?
{outing}에서 사진을 {#pictures} 찍었어요. | {country} 음식을 먹어 봤어요.
{country} 돈으로 바꿔 주세요. | {country}에서 온 손님이에요. | {city} 시내가 보여요.
""",
    ),
    (
        6,
        """
{person:은} {job:이에요}. | 제 꿈은 {job:이} 되는 거예요.
{person_quality} {job:을} 만났어요. | {past} {person:을} {meet~았어요}.
{person:은} {elder:을} 닮았어요. | {person:과} {person:은} 친해요.
{elder:께서는} 건강하세요? | {elder:께서} {city:에} 사세요.
{elder:을} {past} 찾아뵈었어요. | {boss:이} {city:으로} 출장을 가셨어요.
{boss}, 안녕하세요? | {boss:은} {#clock:에} 오십니다. | {person:은} 올해 {#age:이에요}.
{person:은} 참 {person_quality} 사람이에요.
{person:은} 아주 {person_quality} 사람입니다.
우리 {person_quality} {job:을} 소개할게요. | {person:에게} {topic:에} 대해 물었어요.
{person:이} {person:을} {meet~았어요}. | {person} 생일은 {#date:이에요}.
{person:이} {limb:을} 다쳤어요. | {bodypart:이} 아파서 {clinic:에} 갔어요.
{bodypart:과} {bodypart:이} 아파요. | {bodypart:이} 언제부터 아팠어요?
{limb:을} 천천히 움직여 보세요. | {elder} {limb:을} 주물러 드렸어요.
하루에 {#times} 약을 드세요. | 열이 {#fever}까지 올랐어요. | {full} 씨를 아세요?
저는 {full:이라고} 합니다. | {full} 씨, {#room:으로} 들어오세요.
{full} 님, 전화 왔어요. | {boss:께} 보고서를 드렸어요.
{boss:과} {topic:에} 대해 얘기했어요. | {job:은} 힘든 직업이에요.
{job} 일을 해 봤어요? | {clinic:에} 예약하고 싶어요. | {clinic:은} {#opening:에} 엽니다.
{limb:에} 약을 바르고 푹 쉬세요. | {person:은} 몇 살이에요?
{elder:은} {#age} 때 {city:으로} 오셨어요. | 저희 가족은 모두 {#few:이에요}.
{person:에게} 안부를 전해 주세요.
""",
    ),
    (
        5,
        """
{person:은} {language:을} {learn~아요}. | {subject:을} {learn~았어요}.
{subject} 시험은 {#date:이에요}. | {language:은} 발음이 어려워요.
{hobby:을} 좋아하세요? | 제 취미는 {hobby:이에요}. | {hobby:과} {hobby:을} 즐겨요.
{person:은} {hobby:을} 좋아해요. | {instrument:을} 배운 지 {#years:이} 됐어요.
{person:이} {instrument:을} 연주했어요. | {instrument} 소리가 들려요.
{instrument:과} {instrument:이} 어울려요. | {subject} 책을 {#pages}까지 읽었어요.
{subject} 점수가 {#score:이에요}. | {subject:과} {subject} 중에 뭐가 쉬워요?
{language:으로} 말해 보세요. | {language:을} {language:으로} 옮겼어요.
{subject} 수업은 {#clock:에} 시작해요. | {#lesson:은} {subject:이에요}.
{person:이} {subject} 숙제를 도와줬어요. | {weekday}마다 {hobby:을} 즐겨요.
{weekday}에는 {subject} 수업이 있어요. | {topic:에} 대해 {discuss~았어요}.
{topic:과} {topic:을} 비교했습니다. | {topic} 얘기는 그만합시다.
{topic:에} 관한 책을 읽어요. | {topic:이} 가장 중요해요. | {topic:이란} 무엇일까요?
{topic:은} 우리 모두의 몫이에요. | {language} 시를 읊어 줬어요.
{instrument:을} 연주할 줄 알아요? | {subject:이} 싫으면 안 해도 돼요.
{subject} 선생님은 {full} 씨예요. | {language:과} {language:은} 서로 달라요.
{#pages:을} 펴고 {how} 읽으세요.
""",
    ),
    (
        4,
        """
{animal:을} {care~아요}. | {animal:이} {room:에} 있어요.
{outing}에서 {animal:을} 봤어요. | {animal:은} 어디에 살아요?
{animal:과} {animal:이} 싸웠어요. | {quality} {animal} 인형이에요.
{animal} {#animals:이} 달아났어요. | {person:은} {animal:을} 무서워해요.
{animal:이} {animal:을} 쫓아갔어요. | {animal:은} {degree} 빨라요.
{plant:이} 활짝 피었어요. | {room:에} {plant:을} 심었어요.
{plant:과} {plant:이} 자라요. | {plant} 향기가 좋아요.
{plant:은} {quarter:에} 볼 수 있어요. | {plant:을} 꺾거나 밟지 마세요.
{plant} 잎이 떨어졌어요. | {animal}, {animal}, {animal:을} 봤어요.
{plant} 옆에 {animal:이} 앉아 있어요. | {animal:이} 흙을 긁고 있어요.
{person:은} {pet:을} 키워요. | {pet:이} 새끼를 {#animals} 낳았어요.
{pet:에게} 먹이를 줬어요. | {animal} 울음소리예요. | {plant:을} 심으려고 땅을 팠어요.
{animal:은} {animal}보다 커요? | {pet:이} 제 손을 핥았어요.
""",
    ),
    (
        13,
        """
지금 {#clock:이에요}. | 오늘은 {#date} {weekday7}입니다. | {#date:에} 만나요.
회의는 {#date} {#clock:에} 있어요. | {#fulldate:에} 태어났어요.
{#fulldate} {weekday7}입니다. | 전화번호는 {#phone}입니다. | {#phone:으로} 전화 주세요.
모두 {#price:이에요}. | {#price:을} 냈어요. | 거스름돈 {#price} 받으세요.
{person:은} {#age}입니다. | 기온은 {#temperature}입니다. | 습도는 {#percent}입니다.
비 올 확률은 {#percent:이에요}. | 키는 {#height:이에요}. | 무게가 {#kilos:을} 넘어요.
사람이 {#people} 왔어요. | {#people} 예약했어요. | {#clock}부터 {#clock}까지 일해요.
{#minutes}만 기다려 주세요. | {#floor:에} 있어요. | 우리 집은 {#suite:이에요}.
{#years} 동안 {city}에서 살았어요. | {#pieces} 주세요. | {#pieces:이} 필요합니다.
{goods} {#price}, {clothes} {#price}입니다. | {#bus} 버스는 {#minutes} 뒤에 와요.
{#year:에} {person:이} 태어났어요. | 매출이 {#percent} 늘었습니다.
{#won:을} 모았습니다. | {#distance:을} 달렸어요. | {city} 인구는 {#population}입니다.
비밀번호는 {#code:이에요}. | {#clock:에} {action~을 거예요}. | {#score:을} 받았어요.
{#clock:에} {action~았어요}. | {#minutes} 동안 {action~았어요}.
하루에 {#times} {action~아요}. | {#date}까지 보내 주세요.
{office} 번호는 {#phone:이에요}. | {#date}부터 {#date}까지 쉽니다.
{#pieces:을} {#price:에} 샀어요. | {person:은} {#year}생이에요.
""",
    ),
    (
        4,
        """
{city} 낮 최고 기온은 {#temperature}입니다.
{city:과} {city:에} 많은 비가 내리겠습니다. | {city:은} 대체로 맑겠습니다.
{policy} 정책이 발표됐습니다. | {country} 대통령이 {country:을} 방문했습니다.
{city}에서 {policy} 행사가 열렸습니다. | 정부는 {policy} 계획을 밝혔습니다.
{produce} 값이 {#percent} {change~았습니다}. | {country} 경제가 성장했습니다.
{city}에서 교통사고가 났습니다. | {#people:이} 다쳤습니다.
{sport} 대회가 {city}에서 열립니다. | 그 소식은 사실이 아닙니다.
전문가들은 {policy:이} 중요하다고 말했습니다.
{city} 시장은 {policy} 예산을 늘렸습니다. | {country} 팀이 {country} 팀을 이겼습니다.
{abroad}에서 지진이 일어났습니다. | {job} {#people:이} 모였습니다.
다음은 {policy} 소식입니다. | {policy} 제도가 달라졌습니다.
{city}에서 {full} 기자가 전합니다. | {policy} 예산은 {#budget}입니다.
{country} 총리가 {#date} {city:에} 도착했습니다.
{ride} 요금이 {#price:으로} 올랐습니다. | {city}에는 밤늦게 {nature~겠습니다}.
{device} 수출이 {#percent} 줄었습니다. | {country} {sport} 선수가 금메달을 땄습니다.
{sport} 경기는 {#clock:에} 시작됩니다.
""",
    ),
    (
        5,
        """
{coverage:이라는} 말을 들어 봤어요? | {coverage:은} 무슨 뜻이에요?
{coverage:이라고} 적어 주세요. | {coverage}, {coverage}, {coverage}.
{coverage:과} {coverage:을} 읽어 보세요. | 이 낱말은 {coverage}입니다.
{coverage:을} 사전에서 찾았어요. | {coverage:이} 아니라 {coverage:이에요}.
다음 낱말은 {coverage:이에요}. | {coverage:이라고} 했어요, {coverage:이라고} 했어요?
{coverage}, 다시 한번, {coverage}. | {coverage}, {goods}, {animal}.
{coverage}, {plant}, {dish}. | {coverage:과} {country:은} 몇 글자예요?
{given}, {given}, {given}. | {metropolis}, {city}, {country}.
{job}, {subject}, {hobby}. | {clothes}, {drink}, {coverage}.
""",
    ),
    (
        3,
        """
안녕하세요? | 네, {action~을게요}. | 아니요, {state~지 않아요}. | 얘, {action~았니}?
어머, {event~았네}! | 정말 반가워요, {full} 씨. | 여보세요, {office}입니다.
늦어서 죄송합니다. | {how} 말씀해 주세요. | 실례지만 {office:이} 어디예요?
웬 {goods:이에요}? | 괜찮아요, {event~을} 리 없어요. | 얼른 {action~아}!
걔가 {goods:을} 가져갔어. | 쟤는 누구예요? | 그게 뭐예요, {goods:이에요}?
그 값으로는 {goods:을} 못 사요. | 와, {state~네요}! | 글쎄요, {soon} {nature~을까요}?
그래, {future} {action~자}. | 몇 시에 {action~아요}? | 여보세요, {full} 씨 계세요?
전화를 잘못 거셨어요. | 잠깐만요, {boss:을} 바꿔 드릴게요. | {action~거나} 쉬고 싶어.
미안해, {action~느라} 못 봤어. | 고마워, {goods} 잘 쓸게.
얘기 들었어, {person:이} {action~았다며}? | 쟤가 {action~았을걸}.
걔는 {state~다고} 해. | 그런데 {event~았어}. | 그래서 {action~았구나}.
하지만 {state~아}. | 쟤한테 {goods:을} 줬어.
""",
    ),
)
