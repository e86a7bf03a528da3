# Texter på inloggningens sidor.
service-name = Sigill e-legitimation
skip = Till innehållet

consent-title = Logga in
consent-lead = Du är på väg att logga in i { $what }.
consent-claims = De här uppgifterna lämnas ut om du godkänner:
consent-nothing = Inga personuppgifter lämnas ut, bara att du är en användare som tjänsten känner igen nästa gång.
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
older-card = Försök med ett äldre kort
cancel = Avbryt och gå tillbaka till { $what }
remembered = Webbläsaren minns vilket certifikat du valde. Stäng alla webbläsarens fönster och öppna den igen för att få välja ett annat.

no-certificate-title = Inget kort hittades
no-certificate-advice = Sätt in kortet i läsaren, vänta några sekunder och försök igen. Välj sedan certifikatet för legitimering och ange din PIN-kod.
other-issuer-title = Certifikatet kommer från någon annan
other-issuer-advice = Du valde ett certifikat som inte hör till ditt tjänstekort. Försök igen och välj kortets certifikat för legitimering.
expired-title = Kortet har gått ut
expired-advice = Certifikatets giltighetstid är inte nu. Kontrollera datorns datum. Kontakta kortexpeditionen på din myndighet för ett nytt kort.
signature-certificate-title = Du valde certifikatet för underskrift
signature-certificate-advice = Kortet har två certifikat. Försök igen och välj det för legitimering.
no-level-title = Certifikatet kan inte användas för inloggning
no-level-advice = Certifikatet saknar tillitsnivå. Försök igen och välj kortets certifikat för legitimering.
revoked-title = Kortet är spärrat
revoked-advice = Ett spärrat kort kan aldrig användas igen. Kontakta kortexpeditionen på din myndighet för ett nytt kort.
not-activated-title = Kortet är inte aktiverat
not-activated-advice = Kortet aktiveras när det lämnas ut till dig. Kontakta kortexpeditionen på din myndighet.
status-unknown-title = Kortets status kan inte kontrolleras
status-unknown-advice = Vi kan just nu inte se om kortet är spärrat, och då loggar vi inte in någon. Försök igen om en stund.
level-too-low-title = Kortets tillitsnivå räcker inte
level-too-low-advice = Tjänsten kräver en högre tillitsnivå än ditt kort har. Använd ditt ordinarie kort.

checked-title = Kortet fungerar
checked-lead = Kortet är giltigt och kan användas för inloggning.
checked-holder = Innehavare
checked-level = Tillitsnivå
checked-until = Gäller till

error-title = Det gick inte att logga in
error-advice = Gå tillbaka till tjänsten och försök igen. Hjälper det inte, visa felkoden för tjänstens support.
error-code = Felkod
over-title = Inloggningen är avslutad
over-advice = Inloggningen tog för lång tid, är redan klar eller påbörjades i en annan webbläsare. Börja om från tjänsten.

logout-title = Logga ut
logout-lead = Vill du avsluta din inloggning?
logout-accept = Logga ut
logged-out-title = Du är utloggad
logged-out-advice = Ta ut kortet ur läsaren. Stäng alla webbläsarens fönster om någon annan ska använda datorn.
onward-title = Du är på väg tillbaka till tjänsten
onward-advice = Välj Fortsätt om sidan inte går vidare av sig själv.
onward-continue = Fortsätt
returned-level-title = Tjänsten begär en annan tillitsnivå
returned-level-advice = Tjänsten godtar ingen av de nivåer som e-legitimationer här har. Välj Fortsätt för att gå tillbaka till tjänsten, och kontakta dess support.
returned-person-title = Tjänsten väntar på en annan person
returned-person-advice = Tjänsten begärde att en annan person än du skulle logga in. Du är inte inloggad. Välj Fortsätt för att gå tillbaka till tjänsten.
returned-request-title = Tjänstens begäran kan inte besvaras
returned-request-advice = Tjänsten begär något som den inte får eller som inte finns här. Du är inte inloggad. Välj Fortsätt för att gå tillbaka till tjänsten.
