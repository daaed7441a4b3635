"""Attributions as clients of the last twenty years wrote them, in the languages of their users."""

from __future__ import annotations

_X = "Sam Reed"
_A = "<sam@forum.example>"

#: Each stands above quoted lines.
ATTRIBUTIONS = f"""
{_X} via Forum {_A} schrieb am Do., 3. März 2016 um 17:21 Uhr:
{_X} {_A} schrieb am Do., 3. März 2016 um 17:21 Uhr:
Am 3. März 2016 um 17:21 schrieb {_X} {_A}:
Am 03.03.2016 17:21 schrieb "{_X}" {_A}:
Am Donnerstag, 3. März 2016 17:21:00 UTC+1 schrieb {_X}:
{_X} schrieb am 03.03.2016 um 17:21:
schrieb {_X} am 03.03.2016 17:21:
Am 03.03.2016 schrieb {_X}:
{_X} schrieb:
Le jeu. 3 mars 2016 à 17:21, {_X} {_A} a écrit :
Le 3 mars 2016 17:21, "{_X}" {_A} a écrit :
Le jeudi 3 mars 2016, {_X} {_A} a écrit :
Le jeudi 3 mars 2016 17:21:00 UTC+1, {_X} a écrit :
El jue., 3 mar. 2016 17:21, {_X} {_A} escribió:
El 3/3/2016 17:21, "{_X}" {_A} escribió:
El 3 de marzo de 2016, 17:21, {_X} {_A} escribió:
El jueves, 3 de marzo de 2016, {_X} {_A} escribió:
2016-03-03 17:21 GMT-03:00 {_X} {_A}:
Il giorno gio 3 mar 2016 alle 17:21 {_X} {_A} ha scritto:
Il 03/mar/2016 17:21, "{_X}" {_A} ha scritto:
Il giorno 03 marzo 2016 17:21, {_X} {_A} ha scritto:
In data giovedì 3 marzo 2016 17:21:00, {_X} ha scritto:
Em qui, 3 de mar de 2016 às 17:21, {_X} {_A} escreveu:
Em 03/03/2016 17:21, "{_X}" {_A} escreveu:
Em 3 de março de 2016 17:21, {_X} {_A} escreveu:
Em quinta-feira, 3 de março de 2016, {_X} {_A} escreveu:
Op do 3 mrt. 2016 17:21 schreef {_X} {_A}:
Op 3 maart 2016 17:21 schreef {_X} {_A}:
Op donderdag 3 maart 2016 heeft {_X} {_A} het volgende geschreven:
W dniu 3 marca 2016 17:21 użytkownik {_X} {_A} napisał:
Dnia 3 marca 2016 17:21 {_X} {_A} napisał(a):
czw., 3 mar 2016, 17:21 użytkownik {_X} {_A} napisał:
Den tors 3 mars 2016 17:21{_X} {_A} skrev:
Den 3 mars 2016 17:21 skrev "{_X}" {_A}:
Den torsdagen den 3:e mars 2016 skrev {_X} {_A}:
Den 3. mar. 2016 17.21 skrev "{_X}" {_A}:
tor. 3. mar. 2016 kl. 17.21 skrev {_X} {_A}:
3.3.2016 17.21 "{_X}" {_A} kirjoitti:
to 3. maalisk. 2016 klo 17.21 {_X} {_A} kirjoitti:
чт, 3 марта 2016 г. в 17:21, {_X} {_A}:
3 марта 2016 г., 17:21 пользователь {_X} {_A} написал:
3 марта 2016 г. в 17:21 {_X} {_A} написал:
четверг, 3 марта 2016 г. пользователь {_X} написал:
Dne 3. března 2016 17:21 {_X} {_A} napsal(a):
čt 3. 3. 2016 v 17:21 odesílatel {_X} {_A} napsal:
Dňa 3. marca 2016 17:21 {_X} {_A} napísal/a:
2016. március 3. 17:21 {_X} {_A} írta, <ann@x.example>:
{_X} {_A} ezt írta (időpont: 2016. márc. 3., Csü 17:21):
{_X} {_A}, 3 Mar 2016 Per, 17:21 tarihinde şunu yazdı:
3 Mart 2016 17:21 tarihinde {_X} {_A} yazdı:
2016年3月3日 17:21 {_X} {_A}:
* {_X} [2016-03-03 17:21 +0100]:
Dana 3. 3. 2016. u 17:21 {_X} piše:
2016(e)ko martxoaren 3(a) 17:21(e)an, {_X}(e)k idatzi zuen:
2016年3月3日(木) 17:21 {_X} {_A}:
{_X} {_A} 於 2016年3月3日 下午5:21 寫道：
{_X} {_A}于2016年3月3日周四 下午5:21写道：
Pe joi, 3 mar. 2016 la 17:21, {_X} {_A} a scris:
În data de joi, 3 martie 2016, {_X} {_A} a scris:
Vào 17:21 Ngày 03 tháng 3 năm 2016, {_X} {_A} đã viết:
เมื่อ 3 มีนาคม 2559 17:21, {_X} {_A} เขียนว่า:
בתאריך 3 במרץ 2016 בשעה 17:21, מאת {_X} {_A}:
في 3 مارس 2016 5:21 م، كتب {_X} {_A}:
On 2016/03/03 17:21, {_X} wrote:
2016-03-03 17:21, {_X} wrote:
On Thu, 3 Mar 2016 at 17:21 {_X} {_A} wrote:
On Thu, Mar 3, 2016, 5:21 PM {_X} {_A} wrote:
On Thu Mar 03 2016 at 5:21 PM {_X} {_A} wrote:
On Thursday, March 3, 2016, {_X} {_A} wrote:
On Thursday, March 3, 2016 at 5:21:00 PM UTC+1, {_X} wrote:
On 3 March 2016 at 17:21, {_X} {_A} wrote:
On Mar 3, 2016 5:21 PM, "{_X}" {_A} wrote:
On 03.03.2016 17:21, {_X} wrote:
On 3/3/16 17:21, {_X} wrote:
At Thu, 3 Mar 2016 17:21:00 +0100, {_X} wrote:
Excerpts from {_X}'s message of March 3, 2016 5:21 pm:
Quoting {_X} (2016-03-03 17:21:00)
* {_X} {_A} [2016-03-03 17:21]:
{_X} (sam@forum.example) wrote on 3 March 2016 17:21:
{_X} {_A} writes:
{_X} {_A} wrote:
{_X} wrote:
Thus spake {_X} (sam@forum.example):
In article <abc@x.example>, {_X} {_A} wrote:
In message <abc@x.example>, {_X} writes:
---- On Thu, 03 Mar 2016 17:21:00 +0100 {_X} {_A} wrote ----
---- En jue, 03 mar 2016 17:21:00 +0100 {_X} {_A} escribió ----
---- Le jeu., 03 mars 2016 17:21:00 +0100 {_X} {_A} a écrit ----
---- Am Do, 03 Mär 2016 17:21:00 +0100 {_X} {_A} schrieb ----
Dana 03.03.2016. u 17:21, {_X} je napisao/la:
Στις 3 Μαρτίου 2016 - 5:21 μ.μ., ο χρήστης {_X} {_A} έγραψε:
El dia 3 març 2016 17:21, {_X} {_A} va escriure:
Þann fim., 3. mar. 2016 kl. 17:21 skrifaði {_X} {_A}:
Pada tanggal Kam, 3 Mar 2016 pukul 17.21 {_X} {_A} menulis:
2016. gada 3. marts 17:21 {_X} {_A} rakstīja:
3. märts 2016 17:21 kirjutas {_X} {_A}:
2016 m. kovo 3 d. 17:21 {_X} {_A} rašė:
Dňa št 3. 3. 2016 o 17:21 {_X} {_A} napísal(a):
V čet., 3. mar. 2016 ob 17:21 je oseba {_X} {_A} napisala:
На 3 март 2016 г., 17:21 ч. {_X} {_A} написа:
3 березня 2016 р. 17:21 {_X} {_A} написав:
2016/03/03 17:21 "{_X}" {_A}:
2016/03/03 17:21、{_X} {_A} のメール：
2016. 3. 3. 오후 5:21에 "{_X}"{_A}님이 작성:
2016년 3월 3일 오후 5:21, {_X} {_A}님의 말:
--- Original Message ---
----- Original Message -----
-----Ursprüngliche Mitteilung-----
----- Mail original -----
----- Messaggio originale -----
----- Mensaje original -----
----- Mensagem original -----
------------ Původní e-mail ----------
---------- Přeposlaná zpráva ----------
-------- Původní zpráva --------
----- Mesaj Original -----
-------- Oorspronkelijk bericht --------
---------- Weitergeleitete Nachricht ----------
---------- Message transféré ----------
---------- Mensaje reenviado ----------
-------- Исходное сообщение --------
-------- Пересылаемое сообщение --------
-------- Перенаправлене повідомлення --------
-------- Původní e-mail --------
-----Alkuperäinen viesti-----
-----Opprinnelig melding-----
-----Oprindelig meddelelse-----
-----Eredeti üzenet-----
""".strip().split("\n")
