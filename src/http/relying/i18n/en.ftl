# Texts of the login pages.
service-name = Sigill e-identity
skip = To the content

consent-title = Log in
consent-lead = You are about to log in to { $what }.
consent-claims = If you agree, these facts are passed on:
consent-nothing = No personal data is passed on, only that you are a user whom the service will know again next time.
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
older-card = Try with an older card
cancel = Cancel and go back to { $what }
remembered = The browser remembers which certificate you chose. Close all its windows and open it again to choose another.

no-certificate-title = No card was found
no-certificate-advice = Put the card into the reader, wait a few seconds and try again. Then choose the certificate for authentication and enter your PIN.
other-issuer-title = The certificate is somebody else's
other-issuer-advice = You chose a certificate that does not belong to your service card. Try again and choose the card's certificate for authentication.
expired-title = The card has expired
expired-advice = The certificate is not valid at this time. Check the date of the computer. Contact your agency's card desk for a new card.
signature-certificate-title = You chose the certificate for signatures
signature-certificate-advice = The card has two certificates. Try again and choose the one for authentication.
no-level-title = The certificate cannot be used to log in
no-level-advice = The certificate has no level of assurance. Try again and choose the card's certificate for authentication.
revoked-title = The card is revoked
revoked-advice = A revoked card can never be used again. Contact your agency's card desk for a new card.
not-activated-title = The card is not activated
not-activated-advice = A card is activated when it is handed to you. Contact your agency's card desk.
status-unknown-title = The card's status cannot be checked
status-unknown-advice = We cannot see at the moment whether the card is revoked, and then we log nobody in. Try again in a while.
level-too-low-title = The card's level is not enough
level-too-low-advice = The service demands a higher level of assurance than your card has. Use your ordinary card.

checked-title = The card works
checked-lead = The card is valid and can be used to log in.
checked-holder = Holder
checked-level = Level of assurance
checked-until = Valid until

error-title = The login did not work
error-advice = Go back to the service and try again. If that does not help, show the error code to the service's support.
error-code = Error code
over-title = The login is over
over-advice = The login took too long, is done already, or was begun in another browser. Start again from the service.

logout-title = Log out
logout-lead = Do you want to end your login?
logout-accept = Log out
logged-out-title = You are logged out
logged-out-advice = Take the card out of the reader. Close all windows of the browser if somebody else will use the computer.
onward-title = You are on your way back to the service
onward-advice = Choose Continue if this page does not go on by itself.
onward-continue = Continue
returned-level-title = The service asks for another level of assurance
returned-level-advice = The service accepts none of the levels that credentials here have. Choose Continue to go back to the service, and contact its support.
returned-person-title = The service expects another person
returned-person-advice = The service asked for somebody else than you to log in. You are not logged in. Choose Continue to go back to the service.
returned-request-title = The service's request cannot be answered
returned-request-advice = The service asks for something that it must not have, or that does not exist here. You are not logged in. Choose Continue to go back to the service.
