# Texts of the login pages.
service-name = Sigill e-identity
skip = To the content

consent-title = Log in to { $what }
consent-claims = This is passed on to the service
consent-nothing = No personal data, only that you are a user whom the service will know again next time.
consent-message = Message from the service
consent-accept = Agree and log in
consent-refuse = Cancel

claim-name = Name
claim-given-name = Given name
claim-family-name = Surname
claim-personal-number = Personal identity number
claim-coordination-number = Coordination number
claim-org-affiliation = Employment
claim-org-name = Agency
claim-org-number = Organisation number
claim-valid-from = The e-identity is valid from
claim-valid-to = The e-identity is valid until
claim-birthdate = Date of birth
claim-identity-number = Personal or coordination number

retry = Try again
older-card = Try on the page for older cards
cancel = Cancel and go back to { $what }
remembered = The browser remembers which certificate you chose the first time and does not ask again. To choose anew:

no-certificate-title = No card was found
no-certificate-advice = Put the card into the reader and wait a few seconds. Try again, choose the certificate for authentication and enter your PIN.
other-issuer-title = The certificate is somebody else's
other-issuer-advice = You chose a certificate that does not belong to your service card. Try again and choose the card's certificate for authentication.
expired-title = The card has expired
expired-advice = The card is not valid today. Check that the date of the computer is right. If it is, you need a new card: contact your agency's card desk.
signature-certificate-title = You chose the certificate for signatures
signature-certificate-advice = The card has two certificates. Try again and choose the one for authentication.
no-level-title = The certificate cannot be used to log in
no-level-advice = The certificate has no level of assurance. Try again and choose the card's certificate for authentication.
revoked-title = The card is revoked
revoked-advice = A revoked card can never be used again. Contact your agency's card desk for a new one.
not-activated-title = The card is not activated
not-activated-advice = A card is activated when it is handed to you. Contact your agency's card desk.
status-unknown-title = The card's status cannot be checked
status-unknown-advice = We cannot see at the moment whether the card is revoked, and then we log nobody in. Nothing is wrong with your card. Try again in a while.
level-too-low-title = The card's level is not enough
level-too-low-advice = The service demands a higher level of assurance than this card has. If you have an ordinary card, use it.

checked-title = The card works
checked-lead = The card is valid and can be used to log in.
checked-holder = Holder
checked-level = Level of assurance
checked-until = Valid until

error-title = The login did not work
error-advice = Go back to the service and try again. If that does not help, show the error code below to the service's support.
over-title = The login is over
over-advice = The login took too long, is done already, or was begun in another browser. Start again from the service.

logout-title = Log out
logout-lead = Do you want to end your login?
logout-accept = Log out
logged-out-title = You are logged out
logged-out-advice = Take the card out of the reader. Close all windows of the browser if somebody else will use the computer.

other-language = Svenska
other-language-tag = sv
link-check = Check your card
link-logins = Your logins
link-status = Service status

consent-only = Nothing else is passed on. The service gets the facts only after you have agreed.
consent-holder = You identify yourself as { $what }. If that is not you, choose Cancel.

change-title = Wrong card or wrong certificate?
change-close = Close all windows of the browser, not only this tab.
change-open = Open the browser again and go to the service.
change-choose = When the browser asks, choose the card's certificate for authentication.
change-private = You can open a private window instead: there the browser remembers no choice.

older-title = Do you have an older card?
older-advice = Some older cards and readers cannot do the newest encryption. Another address works then, and is as safe.
support = Error code, if you contact support:

away-title = Logging in does not work at the moment
away-advice = Something that the login needs does not answer, and then we log nobody in. Nothing is wrong with your card. Try again in a while.
nothing-here-title = There is nothing here
nothing-here-advice = Check the address, or start again from the service where you wanted to log in.

level-loa3 = Level of assurance 3
level-loa4 = Level of assurance 4

logins-title = Your logins
logins-lead = You are logged in here now. A login that you end is over at once, whichever browser it is in.
logins-none = You are not logged in anywhere with your e-identity.
logins-since = Logged in
logins-until = Ends at the latest
logins-end = End
logins-end-of = End the login to { $what }

status-title = Service status
status-all = Everything works.
status-some = Something does not work at the moment. We are on it.
status-at = As of { $what }, Swedish time
status-function = Function
status-state = State
status-logins = Log in with a card
status-revocations = Revoke cards
status-cards = Issue cards
status-answers = Answer whether a certificate is revoked (OCSP)
status-lists = Publish revocation lists (CRL)
state-works = Works
state-away = Does not work

errors-title = What the error codes mean
errors-lead = For whoever helps somebody to log in, or connects a service.
errors-cards = Cards that cannot be used
errors-protocol = Errors between the service and the login
error-invalid_request = A parameter is missing, repeated or malformed; perhaps PKCE with S256 is missing.
error-invalid_client = The service did not prove who it is: the assertion is somebody else's, too old or used.
error-invalid_grant = The code is used, older than 60 seconds, or was asked for with another address.
error-invalid_scope = The service did not ask for openid, or asked for what it is not registered for.
error-invalid_token = The access token is over, unknown, or bound to a key that was not shown.
error-unauthorized_client = The service is not registered, or may not ask in this way.
error-unsupported_grant_type = Only codes are exchanged for tokens.
error-unsupported_response_type = There is only the response type code.
error-access_denied = The user said no or gave up, or an essential fact cannot be told.
error-server_error = Something went wrong on our side. The error is in our log.
error-temporarily_unavailable = Something that the login needs does not answer at the moment. Try again.
error-login_required = There is no login for this request, and the service asked that nobody be bothered.
error-interaction_required = The user must agree to more, and the service asked that nobody be bothered.
error-invalid_request_object = The signed request object cannot be read or verified.
error-request_uri_not_supported = Requests are not fetched from others' addresses.
error-invalid_request_uri = The pushed request is used, too old, or another's.
error-unmet_authentication_requirements = No card here has the level of assurance that the service demands.
error-invalid_dpop_proof = The proof of the key does not fit the request, is too old or used.

onward-title = You are on your way back to the service
onward-advice = Choose Continue if this page does not go on by itself.
onward-continue = Continue
returned-level-title = The service asks for another level of assurance
returned-level-advice = The service accepts none of the levels that credentials here have. Choose Continue to go back to the service, and contact its support.
returned-person-title = The service expects another person
returned-person-advice = The service asked for somebody else than you to log in. You are not logged in. Choose Continue to go back to the service.
returned-request-title = The service's request cannot be answered
returned-request-advice = The service asks for something that it must not have, or that does not exist here. You are not logged in. Choose Continue to go back to the service.
