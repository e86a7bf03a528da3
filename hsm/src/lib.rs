//! Private keys behind PKCS#11: the only code that speaks to a token.
