# Notices by e-mail. They name nobody and hold no links.

card-approved-subject = Your card is approved
card-approved-body =
    The application for a card for you is approved. The card, which ends in { $about }, is being made.
    You will be told when it is ready.
card-ready-subject = Your card can be collected
card-ready-body =
    The card that ends in { $about } is ready at the desk. Bring a valid identity document.
    Cards that nobody collects within three months are revoked.
card-activated-subject = Your card was handed out
card-activated-body =
    The card that ends in { $about } was handed out at { $at } and can be used.
    If you did not receive a card, tell your employer at once.
card-revoked-subject = Your card is revoked
card-revoked-body =
    The card that ends in { $about } was revoked at { $at } and cannot be used any more.
    A revocation cannot be undone. Give the card back.
card-expiring-subject = Your card expires soon
card-expiring-body =
    The certificates on the card that ends in { $about } are valid until { $day }.
    Ask your employer for a new card in good time.
function-issued-subject = New certificate for { $name }
function-issued-body =
    A certificate for { $name } was issued. It is valid until { $day }.
function-expiring-subject = The certificate for { $name } expires soon
function-expiring-body =
    The certificate for { $name } is valid until { $day }. Order a new one in good time.
function-revoked-subject = The certificate for { $name } is revoked
function-revoked-body =
    The certificate for { $name } was revoked at { $at } and cannot be used any more. A revocation cannot be undone.
function-orphaned-subject = Nobody answers for { $name }
function-orphaned-body =
    Whoever answered for { $name } has left. Have the function administrator name somebody else.
    The certificate is valid until { $day }.
why-this-mail = You get this notice from your employer's e-identity service. It cannot be answered.
