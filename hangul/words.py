"""English words and names with their established Hangul; keys in lower case.

Spelled as the dictionaries of the National Institute write them where they list the
word, otherwise as its owner or the press does.
"""

from .tables import names, pairs

_TECHNOLOGY = pairs(
    """
    ai: 에이아이; algorithm: 알고리즘; android: 안드로이드; api: 에이피아이; app: 앱
    apps: 앱스; application: 애플리케이션; arm: 암; array: 어레이
    artificial: 아티피셜; attention: 어텐션; audio: 오디오; backup: 백업
    bandwidth: 밴드위스; batch: 배치; beta: 베타; big data: 빅데이터; bit: 비트
    bitcoin: 비트코인; block: 블록; blockchain: 블록체인; blog: 블로그
    bluetooth: 블루투스; bot: 봇; browser: 브라우저; bug: 버그; byte: 바이트
    cache: 캐시; camera: 카메라; chatbot: 챗봇; chip: 칩; class: 클래스
    client: 클라이언트; cloud: 클라우드; code: 코드; coding: 코딩; command: 커맨드
    computer: 컴퓨터; computing: 컴퓨팅; content: 콘텐츠; contents: 콘텐츠
    cookie: 쿠키; core: 코어; crypto: 크립토; cyber: 사이버; data: 데이터
    database: 데이터베이스; debug: 디버그; deep: 딥; demo: 데모; desktop: 데스크톱
    developer: 디벨로퍼; device: 디바이스; digital: 디지털; display: 디스플레이
    docker: 도커; domain: 도메인; download: 다운로드; driver: 드라이버; drone: 드론
    email: 이메일; e-mail: 이메일; emoji: 이모지; engine: 엔진; error: 에러
    ethernet: 이더넷; excel: 엑셀; feature: 피처; file: 파일; filter: 필터
    firewall: 파이어월; firmware: 펌웨어; format: 포맷; framework: 프레임워크
    function: 펑션; gateway: 게이트웨이; generative: 제너러티브; gif: 지프
    hacker: 해커; hacking: 해킹; hardware: 하드웨어; hash: 해시; hello: 헬로; home: 홈
    homepage: 홈페이지; html: 에이치티엠엘; image: 이미지; inference: 인퍼런스
    information: 인포메이션; input: 인풋; interface: 인터페이스; internet: 인터넷
    java: 자바; javascript: 자바스크립트; json: 제이슨; jpeg: 제이페그; jpg: 제이피지
    kernel: 커널; keyboard: 키보드; label: 라벨; language: 랭귀지; laptop: 랩톱
    laser: 레이저; layer: 레이어; learning: 러닝; library: 라이브러리; link: 링크
    linux: 리눅스; log: 로그; login: 로그인; logout: 로그아웃; machine: 머신
    mail: 메일; malware: 멀웨어; maps: 맵스; memory: 메모리; menu: 메뉴
    message: 메시지; messenger: 메신저; metadata: 메타데이터; metaverse: 메타버스
    mobile: 모바일; mode: 모드; model: 모델; modem: 모뎀; module: 모듈
    monitor: 모니터; mouse: 마우스; multimedia: 멀티미디어; network: 네트워크
    neural: 뉴럴; nft: 엔에프티; node: 노드; notebook: 노트북; offline: 오프라인
    online: 온라인; open: 오픈; open source: 오픈 소스; output: 아웃풋; packet: 패킷
    password: 패스워드; patch: 패치; pc: 피씨; xyz: 엑스와이제트; fax: 팩스; tel: 전화
    lol: 롤; faker: 페이커; am: 앰; pdf: 피디에프; phone: 폰; pixel: 픽셀
    platform: 플랫폼; plugin: 플러그인; podcast: 팟캐스트; portal: 포털
    printer: 프린터; processor: 프로세서; profile: 프로필; program: 프로그램
    programming: 프로그래밍; project: 프로젝트; protocol: 프로토콜; python: 파이선
    quantum: 퀀텀; query: 쿼리; queue: 큐; radar: 레이더; ram: 램; release: 릴리스
    robot: 로봇; rom: 롬; router: 라우터; sample: 샘플; scanner: 스캐너
    screen: 스크린; script: 스크립트; search: 서치; security: 시큐리티
    semiconductor: 세미컨덕터; sensor: 센서; server: 서버; service: 서비스; sim: 심
    site: 사이트; smart: 스마트; smartphone: 스마트폰; sns: 에스엔에스
    software: 소프트웨어; source: 소스; spam: 스팸; speaker: 스피커; stack: 스택
    startup: 스타트업; start-up: 스타트업; stereo: 스테레오; storage: 스토리지
    stream: 스트림; streaming: 스트리밍; string: 스트링; system: 시스템
    tablet: 태블릿; tag: 태그; tech: 테크; technology: 테크놀로지; template: 템플릿
    tensor: 텐서; terminal: 터미널; text: 텍스트; token: 토큰; touch: 터치
    training: 트레이닝; transformer: 트랜스포머; type: 타입; unix: 유닉스
    update: 업데이트; upgrade: 업그레이드; upload: 업로드; usb: 유에스비; user: 유저
    vaccine: 백신; version: 버전; video: 비디오; virtual: 버추얼; virus: 바이러스
    wave: 웨이브; web: 웹; webtoon: 웹툰; website: 웹사이트; wi-fi: 와이파이
    wifi: 와이파이; window: 윈도; windows: 윈도; wireless: 와이어리스; world: 월드
    """
)
_BRANDS = pairs(
    """
    adidas: 아디다스; adobe: 어도비; airbnb: 에어비앤비; airbus: 에어버스
    airpods: 에어팟; alibaba: 알리바바; alphago: 알파고; amazon: 아마존; amd: 에이엠디
    apple: 애플; asus: 에이수스; audi: 아우디; azure: 애저; benz: 벤츠; bing: 빙
    bixby: 빅스비; blackpink: 블랙핑크; bloomberg: 블룸버그; boeing: 보잉; canon: 캐논
    chanel: 샤넬; chatgpt: 챗지피티; chrome: 크롬; claude: 클로드; cisco: 시스코
    coca-cola: 코카콜라; costco: 코스트코; coupang: 쿠팡; daum: 다음
    deepmind: 딥마인드; deepseek: 딥시크; disney: 디즈니; ebay: 이베이
    facebook: 페이스북; fedex: 페덱스; ferrari: 페라리; firefox: 파이어폭스
    ford: 포드; galaxy: 갤럭시; gemini: 제미나이; genesis: 제네시스; github: 깃허브
    git: 깃; gmail: 지메일; google: 구글; gucci: 구찌; hermes: 에르메스; honda: 혼다
    huawei: 화웨이; hybe: 하이브; hyundai: 현대; ibm: 아이비엠; ikea: 이케아
    instagram: 인스타그램; insta: 인스타; intel: 인텔; ios: 아이오에스; ipad: 아이패드
    iphone: 아이폰; ipod: 아이팟; jeep: 지프; kakao: 카카오; kakaotalk: 카카오톡
    keras: 케라스; kia: 기아; kindle: 킨들; kodak: 코닥; lego: 레고; lexus: 렉서스
    lg: 엘지; line: 라인; linkedin: 링크트인; lotte: 롯데; macbook: 맥북
    macos: 맥오에스; mac: 맥; mcdonald: 맥도날드; mcdonald's: 맥도날드
    mercedes: 메르세데스; meta: 메타; microsoft: 마이크로소프트; nasa: 나사
    naver: 네이버; netflix: 넷플릭스; nike: 나이키; nikon: 니콘; nintendo: 닌텐도
    nvidia: 엔비디아; openai: 오픈에이아이; oracle: 오라클; paypal: 페이팔
    pepsi: 펩시; pfizer: 화이자; pinterest: 핀터레스트; pixar: 픽사
    playstation: 플레이스테이션; porsche: 포르쉐; posco: 포스코
    powerpoint: 파워포인트; prada: 프라다; pytorch: 파이토치; qualcomm: 퀄컴
    reddit: 레딧; reuters: 로이터; roblox: 로블록스; rolex: 롤렉스; safari: 사파리
    samsung: 삼성; sk: 에스케이; siri: 시리; skype: 스카이프; slack: 슬랙
    snapchat: 스냅챗; sony: 소니; spacex: 스페이스엑스; spotify: 스포티파이
    ssangyong: 쌍용; starbucks: 스타벅스; steam: 스팀; tencent: 텐센트
    tensorflow: 텐서플로; tesla: 테슬라; threads: 스레드; tiktok: 틱톡
    toshiba: 도시바; toss: 토스; toyota: 도요타; twitch: 트위치; twitter: 트위터
    uber: 우버; ubuntu: 우분투; unity: 유니티; visa: 비자; volkswagen: 폭스바겐
    volvo: 볼보; walmart: 월마트; whatsapp: 와츠앱; wikipedia: 위키백과
    xbox: 엑스박스; xiaomi: 샤오미; yahoo: 야후; youtube: 유튜브; youtuber: 유튜버
    zara: 자라; zoom: 줌; moderna: 모더나; astrazeneca: 아스트라제네카
    mastercard: 마스터카드; newjeans: 뉴진스
    """
)
_PLACES = pairs(
    """
    africa: 아프리카; america: 아메리카; american: 아메리칸; asia: 아시아
    asian: 아시안; australia: 오스트레일리아; beijing: 베이징; berlin: 베를린
    boston: 보스턴; brazil: 브라질; britain: 브리튼; busan: 부산
    california: 캘리포니아; canada: 캐나다; chicago: 시카고; china: 차이나
    dubai: 두바이; england: 잉글랜드; english: 잉글리시; europe: 유럽; france: 프랑스
    gangnam: 강남; germany: 저머니; hawaii: 하와이; hollywood: 할리우드
    hong kong: 홍콩; incheon: 인천; india: 인디아; italy: 이탈리아; itaewon: 이태원
    japan: 재팬; jeju: 제주; korea: 코리아; korean: 코리안; las vegas: 라스베이거스
    london: 런던; los angeles: 로스앤젤레스; manhattan: 맨해튼; mexico: 멕시코
    moscow: 모스크바; new york: 뉴욕; new zealand: 뉴질랜드; paris: 파리
    pyongyang: 평양; rome: 로마; russia: 러시아; san francisco: 샌프란시스코
    seoul: 서울; shanghai: 상하이; silicon valley: 실리콘 밸리; singapore: 싱가포르
    spain: 스페인; sydney: 시드니; texas: 텍사스; tokyo: 도쿄; ukraine: 우크라이나
    united states: 유나이티드 스테이츠; united nations: 유엔; vietnam: 베트남
    washington: 워싱턴; wall street: 월 스트리트; white house: 화이트 하우스
    """
)
_EVERYDAY = pairs(
    """
    a: 어; academy: 아카데미; action: 액션; air: 에어; album: 앨범; all: 올
    alpha: 알파; and: 앤드; animation: 애니메이션; are: 아; art: 아트
    artist: 아티스트; as: 애즈; at: 앳; award: 어워드; baby: 베이비; back: 백
    bad: 배드; bag: 백; ball: 볼; band: 밴드; bank: 뱅크; bar: 바; baseball: 베이스볼
    basketball: 바스켓볼; be: 비; beach: 비치; beauty: 뷰티; beer: 비어; best: 베스트
    better: 베터; big: 빅; birthday: 버스데이; black: 블랙; blue: 블루; body: 보디
    book: 북; box: 박스; boy: 보이; brand: 브랜드; bread: 브레드; break: 브레이크
    bridge: 브리지; brown: 브라운; building: 빌딩; burger: 버거; bus: 버스
    business: 비즈니스; but: 벗; buy: 바이; by: 바이; bye: 바이; cafe: 카페
    cake: 케이크; call: 콜; campaign: 캠페인; can: 캔; car: 카; card: 카드; care: 케어
    case: 케이스; cat: 캣; catch: 캐치; center: 센터; ceo: 씨이오; challenge: 챌린지
    champion: 챔피언; chance: 찬스; change: 체인지; channel: 채널; check: 체크
    cheese: 치즈; chicken: 치킨; chocolate: 초콜릿; choice: 초이스
    christmas: 크리스마스; church: 처치; cinema: 시네마; city: 시티; clinic: 클리닉
    clear: 클리어; click: 클릭; clock: 클록; close: 클로즈; club: 클럽; coffee: 커피
    cola: 콜라; cold: 콜드; collection: 컬렉션; color: 컬러; come: 컴; comedy: 코미디
    community: 커뮤니티; company: 컴퍼니; concert: 콘서트; condition: 컨디션; cool: 쿨
    cook: 쿡; copy: 카피; corporation: 코퍼레이션; country: 컨트리; couple: 커플
    course: 코스; court: 코트; cover: 커버; crazy: 크레이지; cream: 크림
    credit: 크레디트; crisis: 크라이시스; cup: 컵; cut: 컷; dance: 댄스; dark: 다크
    date: 데이트; day: 데이; dead: 데드; deal: 딜; dear: 디어; delivery: 딜리버리
    design: 디자인; designer: 디자이너; diet: 다이어트; discount: 디스카운트; do: 두
    doctor: 닥터; dog: 도그; dollar: 달러; don't: 돈트; door: 도어; double: 더블
    down: 다운; dragon: 드래건; drama: 드라마; dream: 드림; dress: 드레스
    drink: 드링크; drive: 드라이브; drum: 드럼; early: 얼리; earth: 어스; east: 이스트
    easy: 이지; economy: 이코노미; editor: 에디터; education: 에듀케이션
    elevator: 엘리베이터; end: 엔드; energy: 에너지; enter: 엔터
    entertainment: 엔터테인먼트; epic: 에픽; event: 이벤트; every: 에브리
    express: 익스프레스; eye: 아이; face: 페이스; fact: 팩트; factory: 팩토리
    family: 패밀리; fan: 팬; fashion: 패션; fast: 패스트; festival: 페스티벌
    fighting: 파이팅; film: 필름; final: 파이널; finance: 파이낸스; fire: 파이어
    first: 퍼스트; fish: 피시; fitness: 피트니스; five: 파이브; flash: 플래시
    flower: 플라워; fly: 플라이; food: 푸드; football: 풋볼; for: 포
    foundation: 파운데이션; four: 포; free: 프리; fresh: 프레시; friday: 프라이데이
    friend: 프렌드; friends: 프렌즈; from: 프롬; fun: 펀; fund: 펀드; future: 퓨처
    game: 게임; games: 게임스; garden: 가든; gas: 가스; gift: 기프트; girl: 걸
    girls: 걸스; give: 기브; glass: 글라스; global: 글로벌; go: 고; god: 갓
    gold: 골드; golf: 골프; good: 굿; goodbye: 굿바이; grand: 그랜드; great: 그레이트
    green: 그린; group: 그룹; guard: 가드; guest: 게스트; guide: 가이드; guitar: 기타
    hair: 헤어; half: 하프; hall: 홀; happy: 해피; hard: 하드; have: 해브; he: 히
    head: 헤드; health: 헬스; healing: 힐링; heart: 하트; heavy: 헤비; her: 허
    here: 히어; hero: 히어로; hi: 하이; high: 하이; hip-hop: 힙합; his: 히즈
    history: 히스토리; hit: 히트; holiday: 홀리데이; hot: 핫; hotel: 호텔; hour: 아워
    house: 하우스; how: 하우; human: 휴먼; i: 아이; i'm: 아임; ice: 아이스
    idea: 아이디어; idol: 아이돌; in: 인; industry: 인더스트리; insight: 인사이트
    international: 인터내셔널; interview: 인터뷰; is: 이즈; island: 아일랜드
    issue: 이슈; it: 잇; it's: 이츠; item: 아이템; jazz: 재즈; job: 잡; juice: 주스
    jump: 점프; just: 저스트; key: 키; kid: 키드; kids: 키즈; king: 킹; kiss: 키스
    kitchen: 키친; knife: 나이프; know: 노; lab: 랩; lady: 레이디; land: 랜드
    large: 라지; last: 라스트; latte: 라테; law: 로; leader: 리더; league: 리그
    lesson: 레슨; let: 렛; let's: 레츠; letter: 레터; level: 레벨; life: 라이프
    light: 라이트; like: 라이크; lion: 라이언; list: 리스트; little: 리틀
    live: 라이브; local: 로컬; logo: 로고; long: 롱; look: 룩; lotto: 로또; love: 러브
    luck: 럭; lucky: 럭키; lunch: 런치; magazine: 매거진; magic: 매직; make: 메이크
    man: 맨; manager: 매니저; map: 맵; marathon: 마라톤; march: 마치; market: 마켓
    marketing: 마케팅; mart: 마트; mask: 마스크; master: 마스터; match: 매치
    max: 맥스; may: 메이; me: 미; media: 미디어; medical: 메디컬; meeting: 미팅
    member: 멤버; memo: 메모; mental: 멘탈; metal: 메탈; milk: 밀크; mind: 마인드
    mini: 미니; minute: 미니트; mission: 미션; miss: 미스; money: 머니
    monster: 몬스터; moon: 문; morning: 모닝; mother: 머더; motor: 모터; movie: 무비
    mr: 미스터; mrs: 미시즈; ms: 미즈; museum: 뮤지엄; music: 뮤직; musical: 뮤지컬
    my: 마이; name: 네임; national: 내셔널; natural: 내추럴; new: 뉴; news: 뉴스
    next: 넥스트; nice: 나이스; night: 나이트; no: 노; north: 노스; not: 낫
    note: 노트; notice: 노티스; now: 나우; number: 넘버; of: 오브; off: 오프
    office: 오피스; oh: 오; oil: 오일; ok: 오케이; okay: 오케이; old: 올드
    olympic: 올림픽; on: 온; one: 원; only: 온리; or: 오어; orange: 오렌지
    original: 오리지널; our: 아워; out: 아웃; over: 오버; page: 페이지; paper: 페이퍼
    park: 파크; part: 파트; party: 파티; pass: 패스; pay: 페이; peace: 피스
    people: 피플; perfect: 퍼펙트; piano: 피아노; pick: 픽; picture: 픽처; pink: 핑크
    pizza: 피자; plan: 플랜; play: 플레이; player: 플레이어; please: 플리즈
    plus: 플러스; point: 포인트; policy: 폴리시; pop: 팝; popcorn: 팝콘; power: 파워
    premier: 프리미어; premium: 프리미엄; president: 프레지던트; price: 프라이스
    prime: 프라임; pro: 프로; producer: 프로듀서; production: 프로덕션
    professional: 프로페셔널; quality: 퀄리티; queen: 퀸; question: 퀘스천; quick: 퀵
    quiz: 퀴즈; radio: 라디오; rain: 레인; real: 리얼; record: 리코드; red: 레드
    report: 리포트; resort: 리조트; restaurant: 레스토랑; review: 리뷰; rice: 라이스
    ring: 링; road: 로드; rock: 록; room: 룸; rose: 로즈; royal: 로열; run: 런
    running: 러닝; safe: 세이프; sale: 세일; salad: 샐러드; science: 사이언스
    school: 스쿨; sea: 시; season: 시즌; secret: 시크릿; see: 시; self: 셀프
    senior: 시니어; service center: 서비스 센터; seven: 세븐; sex: 섹스; she: 시
    shop: 숍; shopping: 쇼핑; short: 쇼트; shorts: 쇼츠; show: 쇼; silver: 실버
    single: 싱글; six: 식스; size: 사이즈; sky: 스카이; sleep: 슬립; slow: 슬로
    small: 스몰; smile: 스마일; snow: 스노; so: 소; soccer: 사커; social: 소셜
    solution: 솔루션; song: 송; sorry: 소리; soul: 솔; sound: 사운드; soup: 수프
    south: 사우스; space: 스페이스; special: 스페셜; speech: 스피치; speed: 스피드
    sport: 스포트; sports: 스포츠; spring: 스프링; staff: 스태프; star: 스타
    start: 스타트; station: 스테이션; steak: 스테이크; step: 스텝; stock: 스톡
    stop: 스톱; store: 스토어; story: 스토리; street: 스트리트; stress: 스트레스
    strong: 스트롱; studio: 스튜디오; style: 스타일; summer: 서머; summit: 서밋
    sun: 선; sunday: 선데이; super: 슈퍼; supermarket: 슈퍼마켓; sure: 슈어
    sweet: 스위트; swimming: 스위밍; talk: 토크; taxi: 택시; tea: 티; team: 팀
    television: 텔레비전; tennis: 테니스; test: 테스트; thank: 생크; thanks: 생스
    that: 댓; the: 더; theater: 시어터; there: 데어; they: 데이; think: 싱크
    this: 디스; three: 스리; ticket: 티켓; tiger: 타이거; time: 타임; times: 타임스
    tip: 팁; title: 타이틀; to: 투; today: 투데이; together: 투게더; tomorrow: 투모로
    top: 톱; total: 토털; tour: 투어; tower: 타워; town: 타운; toy: 토이; track: 트랙
    trade: 트레이드; train: 트레인; travel: 트래블; tree: 트리; trend: 트렌드
    truck: 트럭; true: 트루; tv: 티브이; two: 투; ultra: 울트라; under: 언더
    union: 유니언; university: 유니버시티; up: 업; us: 어스; value: 밸류; van: 밴
    very: 베리; view: 뷰; vip: 브이아이피; voice: 보이스; walk: 워크; war: 워
    was: 워즈; wash: 워시; watch: 워치; water: 워터; way: 웨이; we: 위; wedding: 웨딩
    week: 위크; weekend: 위켄드; welcome: 웰컴; well: 웰; were: 워; west: 웨스트
    what: 왓; when: 웬; where: 웨어; white: 화이트; who: 후; why: 와이; wild: 와일드
    will: 윌; win: 윈; wine: 와인; wing: 윙; winner: 위너; winter: 윈터; with: 위드
    woman: 우먼; women: 위민; wonder: 원더; wood: 우드; word: 워드; work: 워크
    world cup: 월드컵; yellow: 옐로; yes: 예스; you: 유; young: 영; your: 유어
    zero: 제로; zone: 존; nature: 네이처; engineer: 엔지니어; engineering: 엔지니어링
    director: 디렉터; management: 매니지먼트; partner: 파트너
    service desk: 서비스 데스크; research: 리서치; resume: 레주메
    institute: 인스티튜트; lounge: 라운지
    """
)
_FAMILIAR_NAMES = pairs(
    """
    alex: 앨릭스; anna: 애나; biden: 바이든; bill: 빌; charles: 찰스; chris: 크리스
    david: 데이비드; einstein: 아인슈타인; elon: 일론; emma: 에마; harris: 해리스
    jack: 잭; james: 제임스; jane: 제인; jennie: 제니; jenny: 제니; jimmy: 지미
    jobs: 잡스; john: 존; johnson: 존슨; kim: 김; lee: 리; lisa: 리사; mary: 메리
    michael: 마이클; mike: 마이크; musk: 머스크; newton: 뉴턴; obama: 오바마; paul: 폴
    peter: 피터; putin: 푸틴; robert: 로버트; sam: 샘; simon: 사이먼; smith: 스미스
    son: 손; steve: 스티브; tom: 톰; trump: 트럼프; william: 윌리엄; xi: 시
    jungkook: 정국; bts: 비티에스; twice: 트와이스; aespa: 에스파
    """
)
WORDS = _TECHNOLOGY | _BRANDS | _PLACES | _EVERYDAY | _FAMILIAR_NAMES

# Capitals that are said as one word; all others of up to five are spelled out unless
# WORDS knows them.
SPOKEN_ACRONYMS = pairs(
    """
    AIDS: 에이즈; APEC: 에이펙; ASEAN: 아세안; COVID: 코비드; FIFA: 피파
    IMAX: 아이맥스; KAIST: 카이스트; KOSDAQ: 코스닥; KOSPI: 코스피; KOTRA: 코트라
    LAN: 랜; LASER: 레이저; MERS: 메르스; NASA: 나사; NASDAQ: 나스닥; NATO: 나토
    OPEC: 오펙; PIN: 핀; RAM: 램; ROM: 롬; SARS: 사스; THAAD: 사드; TOEFL: 토플
    TOEIC: 토익; UEFA: 유에파; UNESCO: 유네스코; UNICEF: 유니세프; POSTECH: 포스텍
    UNIST: 유니스트; SIM: 심; GIST: 지스트; DGIST: 디지스트; OPIC: 오픽; HIPHOP: 힙합
    FAQ: 에프에이큐; ASMR: 에이에스엠알
    """
)
# Words of WORDS that mean letters when written in capitals.
SPELLED = names(
    "IT US WHO AI PC TV OR AS BE DO ME WE AM PM SO GO NO ARM CAN MS MR PR XI"
)
SPELLED |= names("HER SHE ALL ART MAC APP CAR GAS MAY OF ON IN TO AT IS HE MY UP BY ID")
# Followed by II or III they are titles, read with English numbers.
ENGLISH_NUMBERS = dict(
    enumerate(
        ["원", "투", "스리", "포", "파이브", "식스", "세븐", "에이트", "나인", "텐"],
        start=1,
    )
)
