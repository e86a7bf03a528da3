# Texter på inloggningens sidor.
service-name = Sigill e-legitimation
skip = Till innehållet

consent-title = Logga in i { $what }
consent-claims = Det här lämnas ut till tjänsten
consent-nothing = Inga personuppgifter, bara att du är en användare som tjänsten känner igen nästa gång.
consent-message = Meddelande från tjänsten
consent-accept = Godkänn och logga in
consent-refuse = Avbryt

claim-name = Namn
claim-given-name = Förnamn
claim-family-name = Efternamn
claim-personal-number = Personnummer
claim-coordination-number = Samordningsnummer
claim-org-affiliation = Anställning
claim-org-name = Myndighet
claim-org-number = Organisationsnummer
claim-valid-from = E-legitimationen gäller från
claim-valid-to = E-legitimationen gäller till
claim-birthdate = Födelsedatum
claim-identity-number = Personnummer eller samordningsnummer

retry = Försök igen
older-card = Försök på sidan för äldre kort
cancel = Avbryt och gå tillbaka till { $what }
remembered = Webbläsaren minns vilket certifikat du valde första gången och frågar inte igen. Så här får du välja på nytt:

no-certificate-title = Inget kort hittades
no-certificate-advice = Sätt in kortet i läsaren och vänta några sekunder. Försök igen, välj certifikatet för legitimering och ange din PIN-kod.
other-issuer-title = Certifikatet kommer från någon annan
other-issuer-advice = Du valde ett certifikat som inte hör till ditt tjänstekort. Försök igen och välj kortets certifikat för legitimering.
expired-title = Kortet har gått ut
expired-advice = Kortet är inte giltigt i dag. Kontrollera att datorns datum är rätt. Är det rätt behöver du ett nytt kort: kontakta kortexpeditionen på din myndighet.
signature-certificate-title = Du valde certifikatet för underskrift
signature-certificate-advice = Kortet har två certifikat. Försök igen och välj det för legitimering.
no-level-title = Certifikatet kan inte användas för inloggning
no-level-advice = Certifikatet saknar tillitsnivå. Försök igen och välj kortets certifikat för legitimering.
revoked-title = Kortet är spärrat
revoked-advice = Ett spärrat kort kan aldrig användas igen. Kontakta kortexpeditionen på din myndighet för ett nytt.
not-activated-title = Kortet är inte aktiverat
not-activated-advice = Kortet aktiveras när det lämnas ut till dig. Kontakta kortexpeditionen på din myndighet.
status-unknown-title = Kortets status kan inte kontrolleras
status-unknown-advice = Vi kan just nu inte se om kortet är spärrat, och då loggar vi inte in någon. Det är inget fel på ditt kort. Försök igen om en stund.
level-too-low-title = Kortets tillitsnivå räcker inte
level-too-low-advice = Tjänsten kräver en högre tillitsnivå än det här kortet har. Har du ett ordinarie kort, använd det.

checked-title = Kortet fungerar
checked-lead = Kortet är giltigt och kan användas för inloggning.
checked-holder = Innehavare
checked-level = Tillitsnivå
checked-until = Gäller till

error-title = Det gick inte att logga in
error-advice = Gå tillbaka till tjänsten och försök igen. Hjälper det inte, visa felkoden nedan för tjänstens support.
over-title = Inloggningen är avslutad
over-advice = Inloggningen tog för lång tid, är redan klar eller påbörjades i en annan webbläsare. Börja om från tjänsten.

logout-title = Logga ut
logout-lead = Vill du avsluta din inloggning?
logout-accept = Logga ut
logged-out-title = Du är utloggad
logged-out-advice = Ta ut kortet ur läsaren. Stäng alla webbläsarens fönster om någon annan ska använda datorn.

other-language = English
other-language-tag = en
link-check = Kontrollera ditt kort
link-logins = Dina inloggningar
link-status = Driftläge

consent-only = Inget annat lämnas ut. Tjänsten får uppgifterna först när du har godkänt.
consent-holder = Du legitimerar dig som { $what }. Är det inte du, välj Avbryt.

change-title = Fel kort eller fel certifikat?
change-close = Stäng alla webbläsarens fönster, inte bara den här fliken.
change-open = Öppna webbläsaren igen och gå till tjänsten.
change-choose = När webbläsaren frågar, välj kortets certifikat för legitimering.
change-private = Du kan i stället öppna ett privat fönster: där minns webbläsaren inget val.

older-title = Har du ett äldre kort?
older-advice = Vissa äldre kort och läsare klarar inte den nyaste krypteringen. Då fungerar en annan adress, som är lika säker.
support = Felkod, om du kontaktar supporten:

away-title = Inloggningen fungerar inte just nu
away-advice = Något som inloggningen behöver svarar inte, och då loggar vi inte in någon. Det är inget fel på ditt kort. Försök igen om en stund.
nothing-here-title = Här finns ingenting
nothing-here-advice = Kontrollera adressen, eller börja om från den tjänst där du ville logga in.

level-loa3 = Tillitsnivå 3
level-loa4 = Tillitsnivå 4

logins-title = Dina inloggningar
logins-lead = Här är du inloggad just nu. Avslutar du en inloggning gäller det genast, i vilken webbläsare den än är.
logins-none = Du är inte inloggad någonstans med din e-legitimation.
logins-since = Inloggad
logins-until = Upphör senast
logins-end = Avsluta
logins-end-of = Avsluta inloggningen i { $what }

status-title = Driftläge
status-all = Allt fungerar.
status-some = Något fungerar inte just nu. Vi arbetar med det.
status-at = Läget { $what }, svensk tid
status-function = Funktion
status-state = Läge
status-logins = Logga in med kort
status-revocations = Spärra kort
status-cards = Ge ut kort
status-answers = Svara på om ett certifikat är spärrat (OCSP)
status-lists = Publicera spärrlistor (CRL)
state-works = Fungerar
state-away = Fungerar inte

errors-title = Vad felkoderna betyder
errors-lead = För den som hjälper någon att logga in, eller ansluter en tjänst.
errors-cards = Kort som inte kan användas
errors-protocol = Fel mellan tjänsten och inloggningen
error-invalid_request = En parameter saknas, upprepas eller är felaktig; kanske saknas PKCE med S256.
error-invalid_client = Tjänsten har inte visat vem den är: intyget är någon annans, för gammalt eller redan använt.
error-invalid_grant = Koden är använd, äldre än 60 sekunder eller begärd med en annan adress.
error-invalid_scope = Tjänsten bad inte om openid, eller om något den inte är registrerad för.
error-invalid_token = Åtkomstintyget är avslutat, okänt eller bundet till en nyckel som inte visades.
error-unauthorized_client = Tjänsten är inte registrerad, eller får inte fråga på det sättet.
error-unsupported_grant_type = Bara koder byts mot intyg.
error-unsupported_response_type = Bara svarstypen code finns.
error-access_denied = Användaren sade nej eller avbröt, eller en nödvändig uppgift kan inte lämnas ut.
error-server_error = Något gick fel hos oss. Felet finns i vår logg.
error-temporarily_unavailable = Något som inloggningen behöver svarar inte just nu. Försök igen.
error-login_required = Ingen inloggning finns för frågan, och tjänsten bad om att ingen skulle tillfrågas.
error-interaction_required = Användaren måste godkänna mer, och tjänsten bad om att ingen skulle tillfrågas.
error-invalid_request_object = Det signerade frågeobjektet går inte att läsa eller verifiera.
error-request_uri_not_supported = Frågor hämtas inte från andras adresser.
error-invalid_request_uri = Den inlämnade frågan är använd, för gammal eller någon annans.
error-unmet_authentication_requirements = Inget kort här har den tillitsnivå som tjänsten kräver.
error-invalid_dpop_proof = Nyckelbeviset passar inte frågan, är för gammalt eller redan använt.

onward-title = Du är på väg tillbaka till tjänsten
onward-advice = Välj Fortsätt om sidan inte går vidare av sig själv.
onward-continue = Fortsätt
returned-level-title = Tjänsten begär en annan tillitsnivå
returned-level-advice = Tjänsten godtar ingen av de nivåer som e-legitimationer här har. Välj Fortsätt för att gå tillbaka till tjänsten, och kontakta dess support.
returned-person-title = Tjänsten väntar på en annan person
returned-person-advice = Tjänsten begärde att en annan person än du skulle logga in. Du är inte inloggad. Välj Fortsätt för att gå tillbaka till tjänsten.
returned-request-title = Tjänstens begäran kan inte besvaras
returned-request-advice = Tjänsten begär något som den inte får eller som inte finns här. Du är inte inloggad. Välj Fortsätt för att gå tillbaka till tjänsten.
