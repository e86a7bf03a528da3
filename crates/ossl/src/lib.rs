//! The few calls of OpenSSL's X.509 verification that the `openssl` crate does not offer: initial policies, CRLs from
//! memory, errors that are tolerated, and the policies that remained.
//!
//! Beside `hsm` this is the only crate with `unsafe`. Each function wraps one or two calls of C; what they need of their
//! arguments is in the types.

use foreign_types::ForeignTypeRef;
use openssl::asn1::Asn1ObjectRef;
use openssl::error::ErrorStack;
use openssl::x509::store::X509StoreBuilderRef;
use openssl::x509::verify::X509VerifyParamRef;
use openssl::x509::{X509Crl, X509StoreContextRef};
use std::ffi::CString;
use std::os::raw::{c_char, c_int};

/// What verification does not look into: opaque to us.
#[repr(C)]
struct PolicyTree {
    _private: [u8; 0],
}

/// A policy that remained in the tree: opaque to us.
#[repr(C)]
struct PolicyNode {
    _private: [u8; 0],
}

/// `STACK_OF(X509_POLICY_NODE)`.
type PolicyNodes = openssl_sys::OPENSSL_STACK;

type VerifyCallback = extern "C" fn(c_int, *mut openssl_sys::X509_STORE_CTX) -> c_int;

unsafe extern "C" {
    fn X509_VERIFY_PARAM_add0_policy(
        param: *mut openssl_sys::X509_VERIFY_PARAM,
        policy: *mut openssl_sys::ASN1_OBJECT,
    ) -> c_int;
    fn X509_STORE_CTX_set0_crls(context: *mut openssl_sys::X509_STORE_CTX, crls: *mut openssl_sys::OPENSSL_STACK);
    fn X509_STORE_set_verify_cb(store: *mut openssl_sys::X509_STORE, callback: VerifyCallback);
    fn X509_STORE_CTX_get0_policy_tree(context: *const openssl_sys::X509_STORE_CTX) -> *mut PolicyTree;
    fn X509_policy_tree_get0_user_policies(tree: *const PolicyTree) -> *mut PolicyNodes;
    fn X509_policy_node_get0_policy(node: *const PolicyNode) -> *const openssl_sys::ASN1_OBJECT;
}

/// Adds a policy to the initial set (RFC 5280 clause 6.1.1 c), as an OID in dotted notation.
///
/// # Errors
/// What OpenSSL says of something that is no OID, or of memory that it lacks.
pub fn add_policy(param: &mut X509VerifyParamRef, oid: &str) -> Result<(), ErrorStack> {
    let text = CString::new(oid).map_err(|_| ErrorStack::get())?;
    // SAFETY: the text ends with a zero octet and lives during the call.
    let object = unsafe { openssl_sys::OBJ_txt2obj(text.as_ptr().cast::<c_char>(), DOTTED_ONLY) };
    if object.is_null() {
        return Err(ErrorStack::get());
    }
    // SAFETY: both pointers are valid; the parameters own the object if the call succeeds.
    if unsafe { X509_VERIFY_PARAM_add0_policy(param.as_ptr(), object) } == 1 {
        return Ok(());
    }
    // SAFETY: the call failed, so the object is still ours, and is not used again.
    unsafe { openssl_sys::ASN1_OBJECT_free(object) };
    Err(ErrorStack::get())
}

/// CRLs in memory, complete, delta and indirect ones alike. Those of a store are found by the name of the certificate's
/// issuer, which an indirect one does not carry.
pub struct Crls {
    stack: *mut openssl_sys::OPENSSL_STACK,
    /// What the stack points to.
    owned: Vec<X509Crl>,
}

impl Crls {
    /// # Errors
    /// What OpenSSL says of memory that it lacks.
    pub fn new(crls: Vec<X509Crl>) -> Result<Self, ErrorStack> {
        // SAFETY: takes nothing.
        let stack = unsafe { openssl_sys::OPENSSL_sk_new_null() };
        if stack.is_null() {
            return Err(ErrorStack::get());
        }
        let all = Self { stack, owned: crls };
        for crl in &all.owned {
            // SAFETY: the stack is valid, and what it points to lives as long as it.
            if unsafe { openssl_sys::OPENSSL_sk_push(all.stack, crl.as_ptr().cast()) } <= 0 {
                return Err(ErrorStack::get());
            }
        }
        Ok(all)
    }

    /// Verifies the certificate that `context` was set up for, with these CRLs.
    ///
    /// # Errors
    /// What OpenSSL says of a failure that is none of the certificate.
    pub fn verify(&self, context: &mut X509StoreContextRef) -> Result<bool, ErrorStack> {
        // SAFETY: both pointers are valid. The context does not take the stack, and is made to forget it below.
        unsafe { X509_STORE_CTX_set0_crls(context.as_ptr(), self.stack) };
        let good = context.verify_cert();
        // SAFETY: as above; null means none.
        unsafe { X509_STORE_CTX_set0_crls(context.as_ptr(), std::ptr::null_mut()) };
        good
    }
}

impl Drop for Crls {
    fn drop(&mut self) {
        // SAFETY: the stack is ours and not used again; its elements are owned elsewhere.
        unsafe { openssl_sys::OPENSSL_sk_free(self.stack) };
    }
}

/// Has verification go on past the errors of `TOLERATED`, which are about form and change no decision of RFC 5280
/// clause 6, and past a trust anchor that no CRL covers: an anchor is not revoked by a list, but removed.
pub fn tolerate_form(store: &mut X509StoreBuilderRef) {
    // SAFETY: the store is valid and the function lives for ever.
    unsafe { X509_STORE_set_verify_cb(store.as_ptr(), tolerant) };
}

/// The policies under which the chain is valid, as OIDs in dotted notation (the user-constrained policy set of RFC 5280
/// clause 6.1.6). Empty if policies were not checked.
pub fn valid_policies(context: &X509StoreContextRef) -> Vec<String> {
    // SAFETY: the context is valid; the tree belongs to it and lives as long.
    let tree = unsafe { X509_STORE_CTX_get0_policy_tree(context.as_ptr()) };
    if tree.is_null() {
        return Vec::new();
    }
    // SAFETY: the tree is valid; the nodes belong to it.
    let nodes = unsafe { X509_policy_tree_get0_user_policies(tree) };
    if nodes.is_null() {
        return Vec::new();
    }
    // SAFETY: the stack is valid.
    let count = unsafe { openssl_sys::OPENSSL_sk_num(nodes) };
    (0..count).filter_map(|index| policy(nodes, index)).collect()
}

fn policy(nodes: *const PolicyNodes, index: c_int) -> Option<String> {
    // SAFETY: the stack is valid and the index is below its length.
    let node = unsafe { openssl_sys::OPENSSL_sk_value(nodes, index) };
    if node.is_null() {
        return None;
    }
    // SAFETY: the stack holds policy nodes only.
    let object = unsafe { X509_policy_node_get0_policy(node.cast::<PolicyNode>()) };
    if object.is_null() {
        return None;
    }
    // SAFETY: the object belongs to the node, which outlives this function.
    let object = unsafe { Asn1ObjectRef::from_ptr(object.cast_mut()) };
    dotted(object)
}

/// The OID in dotted notation, whether OpenSSL has a name for it or not.
fn dotted(object: &Asn1ObjectRef) -> Option<String> {
    let mut text = [0u8; LONGEST_OID];
    // SAFETY: the buffer is as long as it says, and the object is valid.
    let length = unsafe {
        openssl_sys::OBJ_obj2txt(
            text.as_mut_ptr().cast::<c_char>(),
            c_int::try_from(LONGEST_OID).unwrap_or(0),
            object.as_ptr(),
            DOTTED_ONLY,
        )
    };
    let length = usize::try_from(length).ok().filter(|length| *length < LONGEST_OID)?;
    String::from_utf8(text[..length].to_vec()).ok()
}

/// OpenSSL's callback: 1 goes on, 0 stops with the error.
extern "C" fn tolerant(ok: c_int, context: *mut openssl_sys::X509_STORE_CTX) -> c_int {
    if ok == 1 {
        return 1;
    }
    // SAFETY: OpenSSL calls back with the context that it verifies in.
    let error = unsafe { openssl_sys::X509_STORE_CTX_get_error(context) };
    let tolerated = TOLERATED.contains(&error) || (error == NO_CRL && is_anchor(context));
    if tolerated {
        // SAFETY: as above. Otherwise a chain that was found good would still carry the error.
        unsafe { openssl_sys::X509_STORE_CTX_set_error(context, openssl_sys::X509_V_OK) };
    }
    c_int::from(tolerated)
}

/// Whether verification looks at the last certificate of a chain that has more than one.
fn is_anchor(context: *mut openssl_sys::X509_STORE_CTX) -> bool {
    // SAFETY: OpenSSL calls back with the context that it verifies in.
    let depth = unsafe { openssl_sys::X509_STORE_CTX_get_error_depth(context) };
    // SAFETY: as above; the chain belongs to the context.
    let chain = unsafe { openssl_sys::X509_STORE_CTX_get0_chain(context) };
    if chain.is_null() {
        return false;
    }
    // SAFETY: the chain is a valid stack.
    let length = unsafe { openssl_sys::OPENSSL_sk_num(chain.cast()) };
    depth > 0 && depth == length - 1
}

/// Basic constraints of a CA that are not critical (PKITS 4.6.4), and a CA without key usage (RFC 5280 clause 6.1.4 n asks
/// for the bit only if the extension is there).
const TOLERATED: [c_int; 2] = [CA_BCONS_NOT_CRITICAL, CA_CERT_MISSING_KEY_USAGE];
const CA_BCONS_NOT_CRITICAL: c_int = 89;
const CA_CERT_MISSING_KEY_USAGE: c_int = 92;
const NO_CRL: c_int = openssl_sys::X509_V_ERR_UNABLE_TO_GET_CRL;
/// No names, digits only.
const DOTTED_ONLY: c_int = 1;
/// OpenSSL takes no longer one apart either.
const LONGEST_OID: usize = 512;
