"""Hanja in running text: glosses in brackets dropped, the common characters read."""

import re

from .jamo import LEAD_LETTERS, VOWEL_LETTERS, coda_of, join, split
from .tables import pairs

# Readings as they sound inside a word (力 력, 女 녀); the first syllable of a word
# changes by 두음 법칙.
_READINGS = pairs(
    """
    가: 家加可歌價街假佳暇架; 각: 各角覺刻脚閣却; 간: 間看簡刊干幹懇肝; 갈: 渴葛
    감: 感減監甘敢鑑; 갑: 甲; 강: 江強强講降康鋼綱姜; 개: 開個改槪介皆蓋; 객: 客
    갱: 坑; 거: 去居擧巨車距拒據; 건: 建件健乾; 걸: 傑; 검: 檢劍儉; 격: 格激擊
    견: 見犬堅肩; 겸: 兼謙; 결: 結決潔缺; 경: 京經景警競輕敬慶境驚鏡硬
    계: 界計季系係階械戒溪契繼; 고: 高古告考故固苦庫孤鼓; 곡: 曲谷穀哭; 곤: 困; 골: 骨
    공: 工空公共功恐供攻孔; 과: 果科過課誇; 관: 關觀官管館寬貫慣; 광: 光廣鑛; 괴: 怪壞
    교: 敎教校交橋較巧; 구: 口九區求救究舊句具球構久購驅; 국: 國局菊; 군: 軍君郡群
    굴: 屈; 궁: 宮弓窮; 권: 權券勸拳卷; 귀: 貴歸鬼; 규: 規叫; 균: 均菌; 극: 極劇克
    근: 近根勤筋; 금: 金今禁錦; 급: 急級給及; 긍: 肯
    기: 氣期基記技機己起器旗汽其奇紀寄騎企棄; 긴: 緊; 길: 吉; 난: 難暖; 남: 南男
    납: 納; 내: 內; 녀: 女; 년: 年; 념: 念; 녕: 寧; 노: 努怒奴; 농: 農濃; 뇌: 腦惱
    능: 能; 다: 多茶; 단: 單短段斷團壇端但檀; 달: 達; 담: 談擔淡; 답: 答
    당: 當堂黨唐糖; 대: 大代對待隊帶臺貸; 덕: 德; 도: 道度圖都到島徒導逃渡盜刀途
    독: 獨讀毒督; 돈: 敦; 돌: 突; 동: 東同動冬童銅洞; 두: 頭豆斗; 득: 得; 등: 等登燈
    라: 羅; 락: 樂落絡諾; 란: 亂卵蘭; 람: 覽; 랑: 浪郞朗; 래: 來; 랭: 冷; 략: 略
    량: 量良兩糧涼; 려: 旅麗慮; 력: 力歷曆; 련: 連練聯蓮; 렬: 列烈裂劣; 령: 令領靈
    례: 例禮; 로: 路老勞露爐; 록: 綠錄祿; 론: 論; 롱: 弄; 뢰: 雷賴; 료: 料了; 룡: 龍
    루: 樓淚累; 류: 流類留柳; 륙: 陸; 륜: 輪倫; 률: 律率; 륭: 隆; 릉: 陵
    리: 里理利李離裏; 린: 隣; 림: 林臨; 립: 立; 마: 馬麻磨; 막: 莫幕; 만: 萬滿晩
    말: 末; 망: 望亡忘妄; 매: 每買賣妹梅; 맥: 麥脈; 맹: 孟盟; 면: 面免綿勉
    명: 名命明鳴; 모: 母毛模募慕; 목: 木目牧; 몽: 夢蒙; 묘: 妙墓; 무: 無武務舞茂
    문: 門文問聞; 물: 物; 미: 美米未味迷微; 민: 民敏; 밀: 密; 박: 朴博薄
    반: 反半班般飯盤; 발: 發髮拔; 방: 方房放防訪妨; 배: 配倍背拜培; 백: 白百伯
    번: 番煩; 벌: 罰伐; 범: 犯範凡; 법: 法; 벽: 壁; 변: 變邊辯; 별: 別; 병: 病兵丙
    보: 保報步寶補普; 복: 福服復複伏; 본: 本; 봉: 奉封峯鳳; 부: 父夫部府富婦否副付負
    북: 北; 분: 分粉憤; 불: 不佛拂; 붕: 朋; 비: 比非飛備費悲祕批; 빈: 貧賓; 빙: 氷
    사: 四事社史士師私寺死思使司謝寫査舍; 삭: 削; 산: 山産算散; 살: 殺; 삼: 三森
    상: 上相商賞想常傷象狀床; 색: 色; 생: 生; 서: 西書序徐署緖; 석: 石夕席惜釋
    선: 先線善選船鮮宣仙; 설: 說雪設舌; 섬: 纖; 섭: 涉; 성: 性成姓星城聖省聲盛誠
    세: 世歲勢洗稅細; 소: 小少所消素笑訴; 속: 速俗續屬束; 손: 孫損; 송: 送宋松
    수: 水手數首樹受修收壽守秀輸需; 숙: 宿叔肅; 순: 順純瞬; 술: 術述; 숭: 崇; 습: 習濕
    승: 勝承乘昇; 시: 時市始示視試詩施是; 식: 食式植識息; 신: 新信神身申臣辛
    실: 室實失; 심: 心深審甚; 십: 十; 쌍: 雙; 씨: 氏; 아: 亞兒我; 악: 惡岳
    안: 安案眼顔; 암: 暗岩癌; 압: 壓; 앙: 央仰; 애: 愛哀; 액: 額液; 야: 夜野也
    약: 藥弱約若; 양: 陽洋羊樣讓養; 어: 語魚漁; 억: 億憶; 언: 言; 엄: 嚴; 업: 業
    여: 與余餘; 역: 逆役域驛易; 연: 然演煙延研硏; 열: 熱悅; 염: 炎; 엽: 葉
    영: 英永榮影迎營; 예: 藝預豫; 오: 五午吳誤; 옥: 玉屋; 온: 溫; 완: 完緩; 왕: 王往
    외: 外; 요: 要曜搖; 욕: 浴欲; 용: 用勇容; 우: 右雨友牛優宇禹; 운: 運雲云; 웅: 雄
    원: 原院遠元園願員圓援源; 월: 月越; 위: 位偉衛威危爲委; 유: 有油由遊柔乳幼唯
    육: 肉育六; 윤: 尹潤; 은: 銀恩隱; 음: 音飮陰; 읍: 邑; 응: 應; 의: 意義衣醫議依疑儀
    이: 二以異移已; 익: 益翼; 인: 人仁因引印認; 일: 一日逸; 임: 任; 입: 入
    자: 子自字者資姿慈; 작: 作昨; 잔: 殘; 잠: 潛暫; 잡: 雜; 장: 長場章將張帳壯裝障腸獎
    재: 才在再財材災裁; 쟁: 爭; 저: 低著貯; 적: 的赤敵適積績
    전: 全前電戰田典展轉錢專傳; 절: 節絶切; 점: 店點占; 접: 接
    정: 正政定情庭精靜停程鄭丁; 제: 第題弟制除製祭帝際濟諸
    조: 朝祖調造助鳥早條操趙曺組; 족: 足族; 존: 存尊; 졸: 卒; 종: 終種宗鐘從
    좌: 左坐座; 죄: 罪; 주: 主住注州週周朱酒走晝; 죽: 竹; 준: 準俊; 중: 中重衆; 즉: 卽
    증: 增證症; 지: 地知紙止指至志支誌池; 직: 直職; 진: 眞進陳盡珍; 질: 質疾; 집: 集執
    징: 徵; 차: 次差此; 착: 着; 찬: 讚贊; 찰: 察; 참: 參慘; 창: 窓唱創昌; 채: 採債蔡菜
    책: 責冊策; 처: 處妻; 척: 尺; 천: 天千川泉; 철: 鐵哲; 첨: 尖; 청: 靑青淸清請聽廳
    체: 體替; 초: 初草招超; 촌: 村寸; 총: 總銃; 최: 最崔; 추: 秋推追; 축: 祝築縮
    춘: 春; 출: 出; 충: 忠充蟲; 취: 取就醉; 측: 側測; 층: 層; 치: 治致齒値; 칙: 則
    친: 親; 칠: 七; 침: 針侵; 칭: 稱; 쾌: 快; 타: 他打; 탁: 濁; 탄: 炭彈; 탈: 脫
    탐: 探; 태: 太態泰; 택: 宅擇; 토: 土討; 통: 通統痛; 퇴: 退; 투: 投鬪; 특: 特
    파: 波破派; 판: 判板版販; 팔: 八; 패: 敗; 편: 便篇片; 평: 平評; 폐: 閉廢; 포: 布砲
    폭: 暴爆; 표: 表票標; 품: 品; 풍: 風豐; 피: 皮彼避; 필: 必筆; 하: 下夏河何
    학: 學鶴; 한: 韓漢寒限閑恨; 할: 割; 함: 含咸; 합: 合; 항: 航港項抗; 해: 海害解該
    핵: 核; 행: 行幸; 향: 香向鄕; 허: 許虛; 헌: 憲獻; 험: 險驗; 혁: 革; 현: 現賢玄縣懸
    혈: 血; 협: 協; 형: 兄形刑型; 혜: 惠; 호: 好號戶湖護虎; 혹: 或; 혼: 婚混魂
    홍: 紅洪; 화: 火花話化和畫貨華禍; 확: 確擴; 환: 環換患歡; 활: 活; 황: 黃皇況
    회: 會回灰; 획: 劃; 횡: 橫; 효: 孝效; 후: 後厚候; 훈: 訓; 휘: 揮; 휴: 休; 흉: 凶
    흑: 黑; 흡: 吸; 흥: 興; 희: 希喜戱
    """
)
_OF_CHARACTER = {
    character: reading
    for reading, characters in _READINGS.items()
    for character in characters
} | {"零": "영", "〇": "영", "元": "원"}

# Whole words whose characters have more readings than one.
_COMPOUNDS = pairs(
    """
    金融: 금융; 金額: 금액; 金利: 금리; 金銀: 금은; 金屬: 금속; 金曜日: 금요일
    金庫: 금고; 資金: 자금; 料金: 요금; 金品: 금품; 音樂: 음악; 樂器: 악기
    自動車: 자동차; 電車: 전차; 汽車: 기차; 列車: 열차; 車輛: 차량; 停車場: 정거장
    車: 차; 便所: 변소; 不動産: 부동산; 不正: 부정; 不足: 부족; 不當: 부당; 不在: 부재
    北韓: 북한; 敗北: 패배; 惡化: 악화; 憎惡: 증오; 復活: 부활; 復興: 부흥; 復舊: 복구
    法則: 법칙; 說得: 설득; 遊說: 유세; 參加: 참가; 切實: 절실; 一切: 일체; 行列: 행렬
    茶禮: 차례; 綠茶: 녹차; 紅茶: 홍차; 六月: 유월; 十月: 시월; 十日: 십일; 率直: 솔직
    統率: 통솔; 輕率: 경솔; 省略: 생략; 反省: 반성; 標識: 표지; 知識: 지식; 暴惡: 포악
    宅配: 택배; 宅內: 댁내; 狀態: 상태; 賞狀: 상장; 降伏: 항복; 更新: 갱신; 變更: 변경
    易學: 역학; 容易: 용이; 簡易: 간이; 貿易: 무역; 難易度: 난이도; 合計: 합계
    大韓民國: 대한민국; 朝鮮: 조선; 中國: 중국
    """
)
_HANJA = "\u4e00-\u9fff\u3400-\u4dbf〇"
_WORD = re.compile(f"(?<![{_HANJA}])[{_HANJA}]+")
_GLOSS = re.compile(rf"(?<=[가-힣]) ?[(\[（〔][{_HANJA}][{_HANJA} ·,、]*[)\]）〕]")
_GLOSSED = re.compile(rf"(?<![{_HANJA}])[{_HANJA}]++ ?[(\[（〔]([가-힣 ]+)[)\]）〕]")
_COMPOUND = re.compile("|".join(sorted(_COMPOUNDS, key=len, reverse=True)))
# 不 is 부 before ㄷ and ㅈ.
_AFTER_BU = frozenset(
    "다단달당대도독동득등자작장재저적전정제조존족종좌주준중증지직진집"
)
_SURNAME_GOLD = re.compile(f"^金(?=[{_HANJA}]{{0,2}}$)")


def read_hanja(text: str) -> str:
    """Read hanja: 大韓民國 → 대한민국, 한국(韓國) → 한국, 金(김) → 김; others stay.

    金 alone or before at most two characters is the surname 김; other words with 金 are
    in the table of compounds.
    """
    text = _GLOSSED.sub(r"\1", _GLOSS.sub("", text))
    return _WORD.sub(lambda match: _read_word(match[0], _initial(match)), text)


def _initial(match: re.Match) -> bool:
    """Whether a word begins here: not behind a syllable or a digit."""
    before = match.string[: match.start()][-1:]
    return not (before.isdigit() or "가" <= before <= "힣")


def _read_word(word: str, initial: bool) -> str:
    spoken = _COMPOUND.sub(lambda match: _COMPOUNDS[match[0]], word)
    spoken = _SURNAME_GOLD.sub("김", spoken) if initial else spoken
    syllables = []
    for character in spoken:
        reading = _OF_CHARACTER.get(character, character)
        if reading != character:
            reading = _adapt(reading, syllables[-1] if syllables else "", initial)
            if syllables and syllables[-1] == "불" and reading[0] in _AFTER_BU:
                syllables[-1] = "부"
        syllables.append(reading)
    return "".join(syllables)


def _adapt(reading: str, before: str, initial: bool) -> str:
    """두음 법칙 at the beginning; 렬 and 률 are 열 and 율 behind a vowel or ㄴ."""
    if before and reading in ("렬", "률"):
        open_end = "가" <= before <= "힣" and coda_of(before) in ("", "ㄴ")
        return {"렬": "열", "률": "율"}[reading] if open_end else reading
    if before or not initial:
        return reading
    lead, vowel, coda = split(reading)
    narrow = VOWEL_LETTERS[vowel] in "ㅑㅕㅖㅛㅠㅣ"
    letter = LEAD_LETTERS[lead]
    if letter in "ㄴㄹ" and narrow:
        letter = "ㅇ"
    elif letter == "ㄹ":
        letter = "ㄴ"
    return join(LEAD_LETTERS.index(letter), vowel, coda)
