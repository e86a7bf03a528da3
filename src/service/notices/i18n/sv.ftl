# Meddelanden med e-post. De nämner ingen vid namn och innehåller inga länkar.

card-approved-subject = Ditt kort är godkänt
card-approved-body =
    Ansökan om ett kort till dig är godkänd. Kortet, som slutar på { $about }, tillverkas nu.
    Du får ett nytt meddelande när det ligger redo.
card-ready-subject = Ditt kort kan hämtas
card-ready-body =
    Kortet som slutar på { $about } ligger redo hos utlämnaren. Ta med en giltig id-handling.
    Kort som inte hämtas inom tre månader spärras.
card-activated-subject = Ditt kort är utlämnat
card-activated-body =
    Kortet som slutar på { $about } lämnades ut { $at } och kan användas.
    Om du inte har fått något kort ska du genast höra av dig till din arbetsgivare.
card-revoked-subject = Ditt kort är spärrat
card-revoked-body =
    Kortet som slutar på { $about } spärrades { $at } och kan inte användas längre.
    En spärr kan inte hävas. Lämna tillbaka kortet.
card-expiring-subject = Ditt kort går snart ut
card-expiring-body =
    Certifikaten på kortet som slutar på { $about } gäller till och med { $day }.
    Beställ ett nytt kort hos din arbetsgivare i god tid.
function-issued-subject = Nytt funktionscertifikat för { $name }
function-issued-body =
    Ett certifikat för { $name } är utfärdat. Det gäller till och med { $day }.
function-expiring-subject = Funktionscertifikatet för { $name } går snart ut
function-expiring-body =
    Certifikatet för { $name } gäller till och med { $day }. Beställ ett nytt i god tid.
function-revoked-subject = Funktionscertifikatet för { $name } är spärrat
function-revoked-body =
    Certifikatet för { $name } spärrades { $at } och kan inte användas längre. En spärr kan inte hävas.
function-orphaned-subject = Ingen ansvarar för { $name }
function-orphaned-body =
    Den som ansvarar för { $name } har slutat. Anmäl en ny ansvarig hos funktionsadministratören.
    Certifikatet gäller till och med { $day }.
why-this-mail = Du får det här meddelandet från din arbetsgivares e-legitimationstjänst. Det går inte att svara på.
