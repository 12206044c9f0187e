//! Buckets: those that are not there, keys that are refused, endpoints that are none.

use super::access::credentials;
use super::subject::Source;

pub(super) fn way(source: &Source<'_>, message: &str) -> Option<String> {
    let says = |words: &str| message.contains(words);
    let subject = source.subject();
    let bucket = source.field(&["bucketName"]);
    if says("NoSuchBucket") || says("bucket does not exist") || says(&format!("bucket '{bucket}' not found"))
    {
        return Some(format!(
            "create bucket {bucket} at {}, or correct spec.bucketName, spec.endpoint and spec.region of {subject}",
            source.address()
        ));
    }
    if says("fully qualified paths")
        || says("does not follow ip address or domain name standards")
        || says("unable to parse endpoint URL")
    {
        return Some(format!(
            "correct spec.endpoint of {subject}: for S3 a host without https:// and without a path"
        ));
    }
    if says("InvalidAccessKeyId")
        || says("SignatureDoesNotMatch")
        || says("The Access Key Id you provided does not exist")
    {
        return Some(match source.field(&["secretRef", "name"]) {
            "" => credentials(source),
            name => format!(
                "correct accesskey and secretkey in Secret {}/{name}: the store does not accept them",
                source.namespace
            ),
        });
    }
    if says("Access Denied") || says("AccessDenied") || says("403") || says("AuthorizationFailure") {
        let access = credentials(source);
        return Some(format!("let the credentials list and get objects of bucket {bucket}: {access}"));
    }
    if says("AuthorizationHeaderMalformed") || says("PermanentRedirect") || says("the region") {
        return Some(format!("correct spec.region of {subject}: the bucket is in another region"));
    }
    if says("failed to get '") && says("' object: ") {
        return Some(format!(
            "an object of bucket {bucket} cannot be read: let the credentials get it, or leave it out by spec.ignore or spec.prefix of {subject}"
        ));
    }
    None
}
