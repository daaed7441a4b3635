"""HTML of mail clients beside the large ones: how each wraps what it quotes."""

from __future__ import annotations

N = "<div>This is the answer.</div><div>It has two lines.</div>"
NEW = "This is the answer. It has two lines."
OLD = "<div>What is this?</div><div>Some old words here.</div>"
AT = "On Mon, Mar 2, 2026 at 10:00 AM Sam Reed &lt;sam@x.example&gt; wrote:"
B = "<b>From:</b> Sam Reed &lt;sam@x.example&gt;<br><b>Sent:</b> Monday, March 2, 2026 10:00 AM<br><b>To:</b> Ann<br><b>Subject:</b> hello"
PAGES = {
    "gmx": f'{N}<div name="quote" style="margin:10px 5px 5px 10px; padding: 10px 0 10px 10px; border-left:2px solid #C3D9E5;"><div><b>Gesendet:</b> Montag, 2. März 2026 um 10:00 Uhr<br><b>Von:</b> "Sam" &lt;sam@x.example&gt;<br><b>An:</b> ann@x.example<br><b>Betreff:</b> hello</div><div name="quoted-content">{OLD}</div></div>',
    "zimbra": f'<div style="font-family: arial">{N}<hr id="zwchr" data-marker="__DIVIDER__"><div data-marker="__HEADERS__"><b>From: </b>"Sam" &lt;sam@x.example&gt;<br><b>To: </b>"ann"<br><b>Sent: </b>Monday<br><b>Subject: </b>hello<br></div><div data-marker="__QUOTED_TEXT__">{OLD}</div></div>',
    "spark": f'<div name="messageBodySection"><div dir="auto">This is the answer.<br>It has two lines.</div></div><div name="messageSignatureSection"><br>Sent from Spark</div><div name="messageReplySection">On 2 Mar 2026, 10:00 +0100, Sam &lt;sam@x.example&gt;, wrote:<br><blockquote type="cite">{OLD}</blockquote></div>',
    "outlook-word-old": f"<div class=WordSection1><p class=MsoNormal>This is the answer.</p><p class=MsoNormal>It has two lines.</p><p class=MsoNormal><o:p>&nbsp;</o:p></p><div><div style='border:none;border-top:solid #B5C4DF 1.0pt;padding:3.0pt 0in 0in 0in'><p class=MsoNormal>{B}</p></div></div>{OLD}</div>",
    "outlook-owa": f'<div style="direction:ltr">{N}<div style="font-size:16px"><hr tabindex="-1"><div id="divRpF12" style="direction: ltr;">{B}</div><div></div>{OLD}</div></div>',
    "outlook-new": f'<div>{N}</div><div id="mail-editor-reference-message-container"><div style="border-top:1px solid">{B}</div>{OLD}</div>',
    "emclient": f'{N}<div><br></div><div>------ Original Message ------</div><div>From: "Sam" &lt;sam@x.example&gt;</div><div>To: ann@x.example</div><div>Sent: 3/2/2026 10:00:00 AM</div><div>Subject: hello</div><div><br></div><div id="x123"><blockquote cite="m@x" type="cite" class="cite2">{OLD}</blockquote></div>',
    "qq": f'{N}<div><includetail><div style="FONT: Verdana"><div>------------------ Original ------------------</div><div style="BACKGROUND: #efefef"><div><b>From: </b> "Sam"&lt;sam@x.example&gt;;</div><div><b>Date: </b> Mon, Mar 2, 2026 10:00 AM</div><div><b>To: </b> "ann"&lt;ann@x.example&gt;;</div><div><b>Subject: </b> hello</div></div></div>{OLD}</includetail></div>',
    "163": f'<div style="line-height:1.7">{N}<br><p>At 2026-03-02 10:00:00, "Sam" &lt;sam@x.example&gt; wrote:</p><blockquote id="isReplyContent" style="PADDING-LEFT: 1ex">{OLD}</blockquote></div>',
    "roundcube": f'<p>This is the answer.</p><p>It has two lines.</p><p id="reply-intro">On 2026-03-02 10:00, Sam wrote:</p><blockquote type="cite" style="padding: 0 0.4em; border-left: #1010ff 2px solid">{OLD}</blockquote>',
    "yahoo-old": f'<div style="color:#000">{N}<div class="qtdSeparateBR"><br><br></div><div class="yahoo_quoted" style="display: block;"><div>On Monday, March 2, 2026 10:00 AM, Sam &lt;sam@x.example&gt; wrote:</div>{OLD}</div></div>',
    "aol": f'<div>{N}</div><div style="font-family:arial">-----Original Message-----<br>From: Sam &lt;sam@x.example&gt;<br>To: ann &lt;ann@x.example&gt;<br>Sent: Mon, Mar 2, 2026 10:00 am<br>Subject: hello<br><br>{OLD}</div>',
    "apple-mac": f'<html><body style="word-wrap: break-word;">{N}<br><div><blockquote type="cite"><div>On 2 Mar 2026, at 10:00, Sam &lt;sam@x.example&gt; wrote:</div><br class="Apple-interchange-newline"><div>{OLD}</div></blockquote></div><br></body></html>',
    "samsung": f'{N}<div><br></div><div id="composer_signature"><div style="font-size:12px">Sent from my Galaxy</div></div><div><br></div><div align="left" dir="auto" style="color:#000"><div>-------- Original message --------</div><div>From: Sam &lt;sam@x.example&gt; </div><div>Date: 3/2/26 10:00 AM (GMT+01:00) </div><div>To: ann@x.example </div><div>Subject: hello </div><div><br></div></div>{OLD}',
    "proton-new": f'<div style="font-family: Arial">{N}</div><div class="protonmail_signature_block protonmail_signature_block-empty"></div><div class="protonmail_quote">        On Monday, March 2nd, 2026 at 10:00, Sam &lt;sam@x.example&gt; wrote:<br><blockquote class="protonmail_quote" type="cite">{OLD}</blockquote></div>',
    "fastmail": f'<!DOCTYPE html><html><head><title></title></head><body>{N}<div><br></div><div>On Mon, 2 Mar 2026, at 10:00 AM, Sam wrote:</div><blockquote type="cite" id="qt">{OLD}</blockquote></body></html>',
    "tuta": f'{N}<div><br></div>-- <br>Sent with Tuta<div><br></div><div>2 Mar 2026, 10:00 by sam@x.example:</div><blockquote class="tutanota_quote">{OLD}</blockquote>',
    "zoho": f'<div style="font-family: Verdana">{N}<div class="zmail_extra_hr" style="border-top: 1px solid"></div><div class="zmail_extra" data-zbluepencil-ignore="true"><div id="Zm-_Id_-Sgn1">---- On Mon, 02 Mar 2026 10:00:00 +0100 <b>Sam &lt;sam@x.example&gt;</b> wrote ---</div><blockquote>{OLD}</blockquote></div></div>',
    "mailru": f'<div>{N}</div><blockquote style="border-left:1px solid #0857A6;margin:10px;padding:0 0 0 10px;">Понедельник, 2 марта 2026, 10:00 +03:00 от Sam &lt;sam@x.example&gt;:<br>{OLD}</blockquote>',
    "yandex": f'<div>{N}</div><div> </div><div>02.03.2026, 10:00, "Sam" &lt;sam@x.example&gt;:</div><blockquote>{OLD}</blockquote>',
    "front": f'<div>{N}</div><div class="front-signature">Ann</div><blockquote type="cite" class="front-blockquote">{AT}<br>{OLD}</blockquote>',
    "table-quote": f"<p>This is the answer.</p><p>It has two lines.</p><table><tr><td>{B}</td></tr></table><p>Old.</p>",
    "hr-header": f"<p>This is the answer.</p><p>It has two lines.</p><hr><p>{B}</p><p>Old.</p>",
    "superhuman": f'<div>{N}</div><div class="gmail_quote_container"><div class="gmail_quote">{AT}<br><blockquote class="gmail_quote">{OLD}</blockquote></div></div>',
    "gmail-sig": f'<div dir="ltr">{N}<br clear="all"><div><div dir="ltr" class="gmail_signature" data-smartmail="gmail_signature">Ann Baker<br>CEO</div></div></div><br><div class="gmail_quote"><div dir="ltr" class="gmail_attr">{AT}</div><blockquote class="gmail_quote">{OLD}</blockquote></div>',
    "exchange-mobile": f'<div>{N}</div><div id="ms-outlook-mobile-signature"><div>Get <a href="https://aka.ms/o0ukef">Outlook for iOS</a></div></div><hr><div id="divRplyFwdMsg">{B}</div>{OLD}',
    "groupwise": f"{N}<br><br>&gt;&gt;&gt; Sam Reed &lt;sam@x.example&gt; 3/2/2026 10:00 AM &gt;&gt;&gt;<br>{OLD}",
    "notes": f"<font>This is the answer.</font><br><font>It has two lines.</font><br><br><br><font>From: &nbsp; &nbsp; &nbsp; &nbsp;</font><font>Sam &lt;sam@x.example&gt;</font><br><font>To: &nbsp; &nbsp; &nbsp; &nbsp;</font><font>ann</font><br><font>Date: &nbsp; &nbsp; &nbsp; &nbsp;</font><font>02.03.2026 10:00</font><br><font>Subject: &nbsp; &nbsp; &nbsp; &nbsp;</font><font>hello</font><br><hr><br>{OLD}",
}
