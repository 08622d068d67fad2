"""Every quirk of the five transcript files, with lines as they stand there."""

import re

import pytest

from espnet_soups.corpora.asterisk.cleaning import UnusableTextError, clean_text

KEYS = [
    "conf-adminmenu",
    "confbridge-mute-in",
    "vm-then-pound",
    "vm-review-nonurgent",
    "dictate/pause",
    "is",
    "time",
]


@pytest.mark.parametrize(
    ("language", "text", "said"),
    [
        # the symbol beside the word that names it
        ("en", "dash [-]", "dash"),
        ("en", "space [ ]", "space"),
        ("it", "spazio []", "spazio"),
        ("it", "[!] punto esclamativo", "punto esclamativo"),
        ("ru", "Восклицательный знак. [!]", "Восклицательный знак."),
        ("en", "slash [/]", "slash"),
        ("en", "underscore [_]", "underscore"),
        # notes
        ("en", 'IAX (note: does not say "2")', "IAX"),
        ("it", 'IAX (nota: non dice "2")', "IAX"),
        ("it", "N B S (in inglese)", "N B S"),
        ("it", "M I S D N (emme-iessedienne)", "M I S D N"),
        ("it", "Voce disattivata. (You are now muted.)", "Voce disattivata."),
        ("it", "il nostro (enfatico) glorioso moderatore", "il nostro glorioso moderatore"),
        ("it", "del presidente (voce alternativa con presidente, visto che)", "del presidente"),
        ("it", "millenovecento... (data)", "millenovecento"),
        ("it", "Al termine premere. (produrre un beep subito dopo, ma non qui).", "Al termine premere."),
        ("fr", "Pour (emphase)", "Pour"),
        ("en", "press the pound key. (simple tone sound plays)", "press the pound key."),
        # ellipses, trailing colons, quotes, apostrophes
        ("en", "...to lock, or unlock the conference...", "to lock, or unlock the conference"),
        ("en", "... for ...", "for"),
        ("ru", "…ожидающих ответа представителя", "ожидающих ответа представителя"),
        ("fr", 'le mode discrétion, ..."', "le mode discrétion"),
        ("it", "che si è presentato come::", "che si è presentato come"),
        ("fr", "Vous entrez dans la conférence:", "Vous entrez dans la conférence"),
        ("fr", 'suivi du dièse."', "suivi du dièse."),
        ("fr", "“Pour quitter, appuyez.”", "Pour quitter, appuyez."),
        ("fr", '"eeks"', "eeks"),
        ("ru", "Статус «важно» убран", 'Статус "важно" убран'),
        ("it", 'i comandi “dial”, “answer" e ”hangup” per', 'i comandi "dial", "answer" e "hangup" per'),
        ("it", "c\u2019è una chiamata", "c'è una chiamata"),
        ("it", "E' in uso.", "È in uso."),
        ("es", "guardar el mensaje ?", "guardar el mensaje?"),
        ("en", "Login incorrect. Mailbox?", "Login incorrect. Mailbox?"),
        ("en", "Which folder? Press star.", "Which folder? Press star."),
        # entries that were run together
        ("ru", "conf-adminmenu: Нажмите", "Нажмите"),
        ("it", "è stato eliminato vm-then-pound: poi premere", "è stato eliminato"),
        ("fr", "appuyez sur dièse.vm-review-nonurgent: Pour enlever", "appuyez sur dièse."),
        ("it", "partecipanti attivi. confbridge-mute-in: Per disattivare", "partecipanti attivi."),
        ("it", "in pausa. dictate/pause: pausa", "in pausa."),
        ("en", "what it is: the time: now", "what it is: the time: now"),
        # digits and telephone keys
        ("en", "Press 9 for more, or 0.", "Press nine for more, or zero."),
        ("es", "Marque 1 para", "Marque uno para"),
        ("fr", "les 3 premières lettres", "les trois premières lettres"),
        ("fr", "appuyez sur 5.Pour retourner", "appuyez sur cinq.Pour retourner"),
        ("it", "cartella 8", "cartella otto"),
        ("ru", "2 - чтобы", "два - чтобы"),
        ("en", "3D audio enabled", "three D audio enabled"),
        ("fr", "Audio 3D activé", "Audio trois D activé"),
        ("en", "press * to pause, press # to enter", "press star to pause, press pound to enter"),
        ("fr", "appuyez sur * et sur #.", "appuyez sur étoile et sur dièse."),
        # look-alike letters; words that are Latin on purpose stay
        ("ru", "перв\u006f\u0065", "первое"),
        ("ru", "7 для Q и 9 для Z", "семь для Q и девять для Z"),
        ("ru", "сервер Asterisk", "сервер Asterisk"),
        ("ru", "окtrябrь", "окtrябrь"),  # noqa: RUF001
    ],
)
def test_what_is_said(language: str, text: str, said: str) -> None:
    assert clean_text("conf-adminmenu", text, language, KEYS) == said


@pytest.mark.parametrize(
    ("language", "key", "text", "reason"),
    [
        ("en", "ascending-2tone", "[ascending tones]", "not speech"),
        ("it", "beep", "un suono beep", "not speech"),
        ("it", "confbridge-leave", "un suono di beep discendente", "not speech"),
        ("fr", "odd", "(ahooga)", "not speech"),
        ("es", "odd", "[ tono de error ]", "not speech"),
        ("en", "odd", "<beep ascending>", "not speech"),
        ("en", "silence/10", "(10 seconds of silence)", "not speech"),
        ("es", "dir-welcome", "", "no text"),
        ("es", "odd", "...", "no text"),
        ("es", "odd", "[-]", "not speech"),
        ("ru", "conf-adminmenu", "conf-adminmenu:", "no text"),
        ("it", "odd", "Al segnale acustico, il tempo sar? esattamente..", "damaged text"),
        ("it", "odd", "La conferenza ? piena.", "damaged text"),
        ("it", "odd", "La chiamata non pu? essere completata", "damaged text"),
        ("it", "odd", "sar\ufffd", "damaged text"),
        ("it", "odd", "Spiacente, [quello] non è valido.", "unclear what is spoken"),
        ("fr", "odd", "menu poli (ne m'appelez plus, jamais)", "unclear what is spoken"),
        ("it", "odd", "per attivare/disattivare", "unclear what is spoken"),
        ("ru", "odd", "чтобы выключить / включить", "unclear what is spoken"),
        ("en", "spy-h323", "H.323", "number in figures"),
        ("es", "spy-h323", "h-323", "number in figures"),
        ("fr", "spy-h323", "H 3 23", "number in figures"),
        ("en", "odd", "at least a 2.8 kilobit modem", "number in figures"),
        ("en", "odd", "IAX2", "number in figures"),
        ("en", "odd", "h-3", "number in figures"),
        ("en", "odd", "the 1st caller", "number in figures"),
        ("it", "odd", "un modem da 8Kilobit", "number in figures"),
        ("ru", "odd", "нажмите # сейчас", "symbol, not a word"),
    ],
)
def test_why_it_is_not_used(language: str, key: str, text: str, reason: str) -> None:
    with pytest.raises(UnusableTextError, match=f"^{re.escape(reason)}$"):
        clean_text(key, text, language, KEYS)
