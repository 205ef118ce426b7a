"""The words of spectrum headers, in the languages of instruments; one regular expression a word.

A dot stands for a letter that an encoding may have lost or made two of. No word holds a blank: they
are written side by side. To add a language, add its words here.
Next: `axis_words.py`, what follows from them.
"""

import re
from functools import cached_property
from typing import Final

_FIRST_FOREIGN: Final = "\u0370"  # Greek, the first script that Latin-1 does not have
_LONE_LETTERS: Final = frozenset("\u03bb")  # stand for a quantity in any language
_foreign: list[str] = []


class Words:
    """Any of some words, in either case; compiled when first looked for: most files need none."""

    def __init__(self, words: list[str]) -> None:
        self._words = words

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        return re.compile("|".join(self._words), re.I)

    def search(self, text: str) -> re.Match[str] | None:
        return self._pattern.search(text)

    def count(self, text: str) -> int:
        return sum(1 for _ in self._pattern.finditer(text))


def _words(text: str) -> Words:
    words = text.split()
    _foreign.extend(
        word
        for word in words
        if word.lstrip("[(?:")[:1] >= _FIRST_FOREIGN and word not in _LONE_LETTERS
    )
    return Words(words)


def _keys(text: str) -> Words:
    """Words that begin a line and what stands before its value: `sample name:`."""
    return Words([rf"^\W*{word}[^:=;,\t]{{0,20}}[:=;,\t]" for word in text.split()])


# wavelength: Germanic, Romance, Nordic, Slavic, Turkish, Baltic, Asian, Semitic languages
WAVELENGTH: Final = _words(r"""
    wave[\s_-]*len(?:gth|ght|ht) wellen[\s_-]*l.{1,6}nge longueurs?[\s_]*d.{0,8}onde
    longitud(?:es)?[\s_]*de[\s_]*onda lunghezz[ae][\s_]*d.{0,8}ond golflengte
    comprimentos?[\s_]*de[\s_]*onda v.{1,4}gl.{1,4}ngd b.{1,4}lgel.{1,4}ngde aallonpituu
    d.{1,4}ugo.{1,8}[\s_]fal vlnov.{1,4}[\s_]*d.{1,4}(?:lk|.k) hull.{1,4}mhossz
    lungime[\s_]*de[\s_]*und dalga[\s_]*boy valovn\w*[\s_]*dol valn\w*[\s_]*du.{1,4}in
    (?<![a-z])w(?:v?l|avel|len)(?![a-z]) lainepikkus bangos?[\s_]*ilg
    panjang[\s_]*gelombang b..?.?.?c[\s_]*s.{1,4}ng
    lambda(?![a-z]|[\s_]*(?:solutions|physik)) λ 波[長长] ラムダ длин\w*\s*волн довжин\w*\s*хвил
    дължин\w*\s*на\s*вълн
    таласн\w*\s*дужин 파장 μήκ\w*\s*κύμ طول\s*ا?ل?موج אורך\s*גל ความยาวคลื่น तरंगदैर्घ्य
""")
WAVENUMBER: Final = _words(r"""
    wave[\s_-]*n(?:umber|o\b|um\b) wellen[\s_-]*zahl nombres?[\s_]*d.{0,8}onde
    n.{1,4}meros?[\s_]*de[\s_]*onda numer[oi][\s_]*d.{0,8}ond golfgetal v.{1,4}gtal
    b.{1,4}lgetal aaltoluku liczb\w*[\s_]*fal vlno[.\w]{1,4}et hull.{1,4}msz.{1,4}m
    num.{1,4}r[\s_]*de[\s_]*und dalga[\s_]*say 波[数數](?<!周波[数數]) 파수(?<!주파수)
    волнов\w*\s*числ
    хвильов\w*\s*числ κυματαριθμ kayser
""")
RAMAN: Final = _words(r"""
    raman 拉曼 ラマン 라만 раман комбинацион\w*\s*расс ραμαν
""")
SHIFT: Final = _words(r"""
    shift verschiebung d.{1,4}calage d.{1,4}placement desplazamiento deslocamento
    spostamento stokes сдвиг [位频頻]移 シフト 시프트 przesuni posun
""")
# the unit of Raman shift, also where an encoding has lost its signs
PER_CM: Final = _words(r"""
    (?<![a-z])r?cm\s*[\^*]*\s*[({]?\s*[-\u2010-\u2015\u2212\u207b\xaf?\ufffd/]
    (?<![a-z])cm\s*[\^]?\s*\(?1(?!\d) 1?\s*/\s*cm(?![a-z]|\s*\^?\s*[2\xb2])
    (?<![a-z])cm1(?!\d) \bcm\W{0,3}\xb9 (?:per|inverse|reciprocal)[\s_]*(?:cm|centim)
    см\s*\^?\s*[-\u2010-\u2015\u2212\u207b/] 1\s*/\s*см ㎝\s*[-\u207b]
""")
NM: Final = _words(r"""
    (?<![a-z0-9])nm(?![a-z0-9]) nan.{1,4}m.{1,2}t нм(?!\w) нанометр [纳納奈]米 ナノメ
    나노미터 ㎚ νανόμετ נ.?נומטר نانومتر नैनोमीटर
""")
UM: Final = _words(r"""
    (?<![a-z0-9])[\xb5μu]m(?![a-z0-9]) mi[ck]r.{1,4}m.{1,2}t (?<![a-z])microns?(?![a-z])
    мкм(?!\w) микрометр 微米 マイクロメ ㎛
""")
ANGSTROM: Final = _words(r"""
    (?<![a-z])[\xc5\u212b](?![a-z]) .{1,4}ngstr.{1,4}m angstrom
""")
PIXEL: Final = _words(r"""
    p.{1,4}xel (?<![a-z])channels?(?![a-z]) (?<![a-z])(?:index|idx|row|no\.?|nr\.?|#)$
    (?<![a-z])kan(?:al|.l)(?![a-z]) ^\W*pi?x\W*$ 像素 ピクセル пиксел 序号 data[\s_]?points?
""")
# time, frequency, energy, mass, and other units of a shift
OTHER: Final = _words(r"""
    (?<![a-z])[mk]?ev(?![a-z]) (?<![a-z])[tgmk]?hz(?![a-z]) (?<![a-z])time(?![a-z])
    temps\b (?<![a-z])zeit(?![a-z]) tiempo время 时间 時間 frequen[cz](?!.*cm)
    fr.{1,4}quence(?!.*cm) frecuencia(?!.*cm) частот\w*(?!.*см) [频頻]率(?!.*cm)
    周波[数數](?!.*cm) 주파수(?!.*cm) ^\W*(?:ms|min|hr|mv|px|\xb0c|mm)\W*$
    (?<![a-z])(?:e|[^\x00-\x7f]{1,2})nerg(?!.*cm) энерг(?!.*см) 能量 エネルギ
    (?<![a-z])mass\b m/z ^\W*t\s*[/(\[]
    [(\[/]\s*(?:[fpn\xb5μu]s|h|deg|\xb0|rad|m?t|m?v|ma|k?pa|m?bar|da|mm|km|m)\s*[)\]]?$
    2\s*-?\s*(?:theta|θ) temperatur
    retention minutes?\b seconds?\b [(\[]\s*(?:m?s|sec|min|k|\xb0c|ppm)\s*[)\]]
    (?<![a-z])ppm(?![a-z]) absol\w*[\s_]*(?:wave[\s_-]*number|wellenzahl)
    (?:wave[\s_-]*numbers?|wellenzahl\w*)\W+absol тгц эв(?!\w)
    (?<!\d)1\s*/\s*(?:nm|[\xb5μu]?m|mm)(?![a-z])
    (?<![a-zcс])(?:n|m|\xb5|μ)?m\s*\^?\s*[-\u2212\u207b]\s*1?
""")
# parts of an instrument that have a wavelength of their own
OPTICS: Final = _words(r"""
    laser l.{1,4}ser\b excit exzit anreg erreg blaze grating gitter filter detector detektor
    slit spalt objecti objekti cent(?:er|re|ral)[\s_]*wave zentralwell 激光 激发 雷射 励起 レーザ
    лазер возбужд wave[\s_-]*length[\s_-]*(?:calibration|accuracy|correction)
    wellenl.{1,6}ngen?[\s_-]*(?:kalibrier|genauig|korrektur)
    calibra\w+[\s_]*(?:en|de|in|di)[\s_]*(?:long|lung|comprim)
""")
# what stands before a text that a person wrote
SAMPLE_KEY: Final = _keys(r"""
    sample specimen material compound substance substrate comment remark notes? project title
    lot(?![a-z]) batch file path probe substanz bemerkung kommentar notiz projekt titel charge datei
    .{1,3}chantillon commentaire remarque projet titre muestra comentario campione amostra
    [试試]料 样品 樣品 备注 備考 注释 サンプル コメント 시료 샘플 비고
    образец проба зразок комментарий примечание коментар проект
""")
# who measured, and where
PLACE_KEY: Final = _keys(r"""
    operator user analyst author institut department dept(?![a-z]) university faculty laborator
    lab(?![a-z]) group company customer bediener benutzer bearbeiter firma kunde labor(?![a-z])
    op.{1,4}rateur utilisateur soci.{1,4}t.{1,2} operador 操作者 操作员 測定者 オペレータ
    оператор пользователь лаборатория
""")
PLACE: Final = _words(r"""
    ^\W*(?:institut|instytut|istituto|department|university|universit|faculty)[^\W_]*[\s.]
    ^\W*(?:dept|lehrstuhl|fraunhofer)[\s.]
""")
# in full, not as a part of another word
SPECTRUM: Final = _words(r"""
    spe[ck]tr(?:um|a|e|en|ums|i|o)(?![a-z]) 光谱 光譜 スペクトル 스펙트럼 спектр(?!о)
""")
# ... and other kinds of spectra that are no Raman spectra
INFRARED: Final = _words(r"""
    infra(?!st|sil)[\s_-]?\w infrid podczerw innrau irtf(?![a-z]) f\.t\.i\.r\.
    (?<![a-z.])i\.r\.\W*(?:spe|abs|tra|$) (?:mode|technique)\W+n?ir(?![a-z])
    [иі]нфра(?!стр) 적외 فروسرخ تحت\s*الحمراء אינפרא अवरक्त ინფრა ինֆրա อินฟราเรด
    h.{1,4}ng\s*ngo.{1,4}i
    k.{1,4}z.{1,4}l.{1,4}tesi (?<![a-z])ft[\s/_-]?n?ir(?![a-z]) (?<![a-z])atr(?![a-z])
    (?<![a-z])drifts?(?![a-z])
    (?<![a-z])(?:mid|near|n|m)?[\s_-]?ir[\s_-]*(?:spe[ck]|abso|trans|data|micro)
    spe[ck]tr[^\W_]*[\s_]+n?ir(?![a-z]) ик[\s-]*(?:фурье|спектр) [红紅赤]外 υπέρυθρ
    (?<![a-z])uv[\s/_-]?vis (?<![a-z])nmr(?![a-z]) (?<![a-z])xrd(?![a-z]) diffract
    terahertz chromatogra mass[\s_]spe[ck]tr (?:widm|spettr)[^\W_]*[\s_]+n?ir(?![a-z])
    (?<!\w)ик(?!\w)
    (?:[:=;,\t]|^)\W{0,3}(?:(?:mid|near|far)[\s_-]?)?(?-i:M?IR)\W{0,3}$
    (?<![a-z])(?:mid|far|m)[\s_-]?ir(?![a-z]) interferogram single[\s_-]*beam
    (?:fluores[cz]|lumines[cz]|emission|(?<![a-z])(?:libs|epr|esr))[^\W_]*[\s_-]*spe[ck]tr
    spe[tck]{1,2}tr[^\W_]{0,6}[\s_]+d\w{0,3}[\s'\u2019]?(?:.{1,2}mission|fluor|lumin) ellipsomet
    dichroi
""")
ABSORBANCE: Final = _words(r"""
    a[bp]sz?o?r[bp](?!ed[\s_]+(?:on|in|to|at)\b|ing\b|ents?\b)
    asor?bim assorb absorv absor[^\sbp]{1,4}o tra(?:ns?|s)mi[tsj]
    ^\W*a(?:bs)?\W*$ ^\W*k\W?m\W*$ (?<![a-z])o\.\s*d\.(?!\w) emissivit απορρόφ διαπερατ
    so.{1,2}urma(?![a-z]) ge.{1,2}irgen l.{1,2}p.{1,2}isy .{1,2}tereszt h[^\x00-\x7f]{1,4}p\s*th
    %\s*trans (?<![a-z])t\s*[(\[]?\s*%
    transparenz durchl.{1,6}ss extin[ck] r(?:e|[^\x00-\x7f]{1,2})fle[ckx] rifl remission odbici
    odraz[iu]v kubelka log\s*\(?1/r (?<![a-z])%\s*[tr](?![a-z])
    optical[\s_]*density [吸透反]光?[过過射]?[度率] 吸收 吸収 反射 пропускан поглощен отражен
    оптич\w*\s*плотн 흡광 투과
""")
# A symbol or a shortened word, which also may be the name of a sample: it counts where no name and
# no line says Raman shift.
ABSORBANCE_SYMBOL: Final = _words(r"""
    ^\W*(?:t|tr|transm?|trasm|r|refl?|e|ext|o\W?d|оп)\W*$ ^\W*-?\s*log\W*r\W*$
""")
INTENSITY: Final = _words(r"""
    intensit intensid intenz intens counts? signal processed amplitud
    (?<![a-z])cts(?![a-z]) 強度 强度 计数 интенсив інтенс 강도 έντασ сигнал
    dark[\s_-]*(?:subtracted|corrected) spe[ck]tr(?!\w*al|om) (?<![a-z])arb a\.\s*u ^y$
""")

# In which an old encoding of a header shows itself.
FOREIGN_SCRIPTS: Final = Words(_foreign)
