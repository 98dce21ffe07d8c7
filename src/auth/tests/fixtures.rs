//! Key pairs that `openssl genpkey` made for these tests alone, and what `openssl dgst
//! -sign` signed with them.

/// The private halves, as jsonwebtoken takes them, in base64.
pub(in crate::auth) const RSA_PRIVATE: &str = "MIIEpAIBAAKCAQEAl6fqo1z8Ici9ET7A6lr2K7dh/HgTyDKuaBhIrf7qNN8IHx1nxMZDwRcYityKshRCnTF5Ko/krzsk1smZiG0A+FUBV8N1Fs97UvGIyaZYl2Z9Xg3sF+rydfyctzqvl1He5Exj/9wYz0b/rVrvnF8WfydkicfGXmECQL/+PqRpWM84C03aB+LjQNfRSl18IefF9iFtrGBQjWPc0nlzg2yFC2JU9jSB+JJ/o59I7OnFxm868Pzq6cP3teqkF2Hg1PfT8C1X0AYrcZBZ4eBpscGa3w/6U1jzh8BjloHlFxlm6lzZ25ojLYaSIzQ1oDN+XWA+tEgPUKefL25uCM8wRBeXWwIDAQABAoIBAC8B827zsYtfR4uC4hVCYK+oRg0Vwzv4yaqmbFDShRIiV8gdOz75HaNKX2cbeTo9oXBMF3yj4YSXVpHlJ1vsPbK71pC3myGY6mcJSxcGIsu7Dv0KX7YCM2lzBbidzjOfQvGM5Co4tM/69+FqIH9d0gFT2owCinBSrXoYiNwt5iGKj3BiUoTWWMy9UqkWdgIwHscnE4crPmqRcJzaNamaU56RGhVhBZYFFPmDe4caXYrENFNr/8Yg/wfl6eJECPFtHdTztjDysPHpf1XJKXbXtL+RiyG0rLg0yml5P3kiBYqLBRM8QPb6j6kCoTzX3JXQX3bJlig8viY1gI5abAm5vZECgYEAyBolxPhR5KJA6QHL3h7BtHTV0QToGXRSO26gzF3w2ATjAlUsVRKPJWGM9pa7uXomBBcKdvE7cDgMnHJzYpoftTQRjrOiTZAQydJlhPpnZgsrpuyP6JjTPMT0s2cpFm9nkw69j758/1kN75yLK127aOB70p50UUNrmPC9lowdK90CgYEAwgU/VZ6dcznfIA4ueZV7s0zyqEukABROnCTTQLF+Ozd8Q82HXomubUEvBCVCewgJNPDHL/fRYVinY8OBZMfCuyBm9KFhzSM5uys5RVlznhCUhSoLoIjuRy1zX3qJhdSnMs9dhL/SuIafoQib4Wgt4U5NeQmShXXOrNHC+7x+GJcCgYEAj5LrTLPblo+wwT7Pt1UcKU23aNz7Z+AlbI1JBLnWqDiBZVgVkgjZ+rlOulOW6FMzWbXqhUM7IZ6ltc8M6U+qtopgmqJbLwnScezreIlujTIwpPmRnBOjZTPwW5UGTxmqGEL4Ul4cM98C98y7smbzpCGF1q5oyTH1zuvVLGLmP2UCgYEAvUQXK3Omjm/m3ENZTNvoptkqYcgf/L/Si3lU5uf+hs+ylgXZxvwyPnv23Glod9I4AP/cn0t1Yiv0ZlqiT+iaaqbKKFuBp3Z0a8RXgvIm2gu8hkakvv60ypRo1rwXiYkPbX5h8QybB8yzzYgzX+ib0QzsgGU5HJ32dhnNxnpy25MCgYBEpC10Q7/s33ieu9ImsGMf5nXbhxljG5WnKHxFFgYwZbHDPC/Aqj0/sx5rB1KhWmvU2HY5fiz0Wbc13b9M6+pvV1mH5MHT99lD6JziK4nod7J/v0HZYuSgDyAeYV/fuLduIgQy5LB3tHpnZ1Bcy3KR+iXRaZ6bb0Ik7UhgsgHa1g==";
pub(in crate::auth) const P256_PRIVATE: &str = "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgtE9G4hXpt2HvcRsUyaK5ZwqQV1o8Je9GCL4WXkwBaXmhRANCAASQk3sLZiIPploFGsX1DDHnkD9IvJIN1ta0uzza3wehuIngT8moD55eXhWr+YsZK0RNIAQBD/vP2z+4TuscnzT3";
pub(in crate::auth) const P384_PRIVATE: &str = "MIG2AgEAMBAGByqGSM49AgEGBSuBBAAiBIGeMIGbAgEBBDCefbyPZ85C98Z17kCHiOEwXttXESLyA9MXVsTvURwByVuelIpdHabdI45ZX52HWVahZANiAARH+ukaL7EIhV49Z8LzK3LBj00bh14JTaa7/yABvXrOp92d8ADMqkcg6zSSba/jRJB9itLrFxlFwU3D2rCLc0Y9gAJ9yHUiURzeH9QanoyABJPBcdWfuIlqxgkAcmQczAE=";

/// The public halves.
pub(in crate::auth) const RSA_PEM: &str = "\
-----BEGIN PUBLIC KEY-----
MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAl6fqo1z8Ici9ET7A6lr2
K7dh/HgTyDKuaBhIrf7qNN8IHx1nxMZDwRcYityKshRCnTF5Ko/krzsk1smZiG0A
+FUBV8N1Fs97UvGIyaZYl2Z9Xg3sF+rydfyctzqvl1He5Exj/9wYz0b/rVrvnF8W
fydkicfGXmECQL/+PqRpWM84C03aB+LjQNfRSl18IefF9iFtrGBQjWPc0nlzg2yF
C2JU9jSB+JJ/o59I7OnFxm868Pzq6cP3teqkF2Hg1PfT8C1X0AYrcZBZ4eBpscGa
3w/6U1jzh8BjloHlFxlm6lzZ25ojLYaSIzQ1oDN+XWA+tEgPUKefL25uCM8wRBeX
WwIDAQAB
-----END PUBLIC KEY-----
";
pub(in crate::auth) const RSA_PKCS1_PEM: &str = "\
-----BEGIN RSA PUBLIC KEY-----
MIIBCgKCAQEAl6fqo1z8Ici9ET7A6lr2K7dh/HgTyDKuaBhIrf7qNN8IHx1nxMZD
wRcYityKshRCnTF5Ko/krzsk1smZiG0A+FUBV8N1Fs97UvGIyaZYl2Z9Xg3sF+ry
dfyctzqvl1He5Exj/9wYz0b/rVrvnF8WfydkicfGXmECQL/+PqRpWM84C03aB+Lj
QNfRSl18IefF9iFtrGBQjWPc0nlzg2yFC2JU9jSB+JJ/o59I7OnFxm868Pzq6cP3
teqkF2Hg1PfT8C1X0AYrcZBZ4eBpscGa3w/6U1jzh8BjloHlFxlm6lzZ25ojLYaS
IzQ1oDN+XWA+tEgPUKefL25uCM8wRBeXWwIDAQAB
-----END RSA PUBLIC KEY-----
";
pub(in crate::auth) const P256_PEM: &str = "\
-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEkJN7C2YiD6ZaBRrF9Qwx55A/SLyS
DdbWtLs82t8HobiJ4E/JqA+eXl4Vq/mLGStETSAEAQ/7z9s/uE7rHJ809w==
-----END PUBLIC KEY-----
";
pub(in crate::auth) const P384_PEM: &str = "\
-----BEGIN PUBLIC KEY-----
MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAER/rpGi+xCIVePWfC8ytywY9NG4deCU2m
u/8gAb16zqfdnfAAzKpHIOs0km2v40SQfYrS6xcZRcFNw9qwi3NGPYACfch1IlEc
3h/UGp6MgASTwXHVn7iJasYJAHJkHMwB
-----END PUBLIC KEY-----
";

/// A key that is too short.
pub(in crate::auth) const RSA_1024_PEM: &str = "\
-----BEGIN PUBLIC KEY-----
MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQCvaizmBz1fEUcjh0nzYKJZjd/E
OFFMrrNo397T5SByETLCUSXVwGFkiJ6Tc9aeD0EuYjgaGEPefPmYU/rsgAaryfiB
fEY5fwUUIl8FvQYi2rt/8/gyTTqhivAoUi9d4pUTEHUlwuMCDpI3EhwL9YZQ4Jv1
TShavyPSz49bTGFtjQIDAQAB
-----END PUBLIC KEY-----
";

/// The name of an algorithm, and its signature over [`SIGNED`].
pub(in crate::auth) const SIGNATURES: [(&str, &str); 8] = [
    (
        "RS256",
        "B36dLWYssVuzbeL12b623GXp5xDlYf1sRbI1YyCL6zkdinRRxAK8QvmfRsGowiSF88RhQnGJkzuIUV0NiPwKvD11x3BJ51lvVe62o1HNsP0FOiDgDUZFTuBntJESFqJp0Hbf24rqZHj6wtPH2LZXFjP7H70h5LRUp-r7vTsYIhBKyxSFPlj-9YNtvz3lZYE7vQEuf_gJitdCCALTxnxKMqt7imU_afkykiyBCEULrdLn3ranIpbyqJ6IEZc4VXOJhHpavIZ4WZCmaRf6JDhlV9LUKGLLQa0vycOiVz9u-bGe1zaX5nwzXq_Y6Ce3-kAB77W2GwpQ-Xek4UQL32-BVg",
    ),
    (
        "RS384",
        "aEHGpgJQd5xkJzcveLPMKqKzDFpPN6s6Im0gTyhSu-UdzmmsQBaBCUU78VPz10pj-H4mvnZKrUIGeassuHQ9aaBIG5-eebudh2EDFQkGZpeGgm--Q3_qaN8B8mgCcg2eMNqtjTgogikS1nFjokqtR0wSzw-EpI3WV5UcWWlCdHQHqfkyig7AuDtIoPc-FbYM1_4NuCJahSNUcrBdJlN3JP6bA1Geli7hk4Kxj0MLBrVlhpBvCclVUZGC_FqzkQHaJm5y2IHfAY4hLRFRdEJ3b45Iua5ZCCdu6QR2fvMc2FW2MMRA3QhSP-n1B7VYbQU4pl7K2zNo48V4CBeTwRFxNQ",
    ),
    (
        "RS512",
        "lBoVm9b-Mryw3PkVCuu3FY115lGBZ2pOe0eLNiYksAincmbFIaQp80TDZlsF7hXyIm9d5DIKTQhJ6JfEskkOfpaZccc1RSWNq2I_0tEWUuayum1CCjHh8q75FcPy7ItHg9YOYp_t_zGZNhi4YGKEH5Lgw3pYDiZ6TylNu59AZ9DSf1LfdrBbd6vSth2tnza4pJJs2LJMiIFag2WRPWApo2cHIXekhvO_iE1bOQoypZtFgHUU3rEvb0oAdcMOLGeSbp5qya_7OsEIIuOpijPaT9wHByCjn-Emx2mG34PV9TJRXM_nBbpnPP8FVKzXXKFy1sORie96pjARgJ7jwN9-kg",
    ),
    (
        "PS256",
        "dYvJuFCqNpH7u-T7P7kMy2BQGAWGDcsWp9gngdfAagGm5x3ULdDAaZbV1VpOSv94ouyBi8cxeTKMzoDkQJ5Bh89Q3jVxVvc9u8S_Y8ca4oTNRnb7QJmtQL0cumd7KkT3pZMXTtPXGrhzO7fekn7RorMofcqJq8icT_N5sIN-6ELYhClc1iUGCfqLbDvd0Nb9e_DKtlSwozH3isP5FAtYqd_rSEEEv7RCt2dtePIKBqCMuQMLoZnRcGHpgWz0rbMy0Kceur2s04cnbSaX4Q7qPpujaFvz1mQPSFtp1UGXCvyDEb5rqXKZv2hEY-HoxtPUcYdQylmkEtqU1FdOnnbbag",
    ),
    (
        "PS384",
        "Vd9ysqavbUp3AOhZ8lSRIH4Z4Z9awyf6t9M5eVZrCEiSe-Js6S0I62NSaBcQT3v1EyUB0RYbQ8VObJoCgJhC51BSv31lWmGPJ8xjYBI2eUzP2eMZm8TjkHxTpBgAikfgJop7tKfIRbgOo2tTzc60M4N6GwWsQ30q0OOe5w3pgKxZEZmXpAYoPwMoOH178Xids37uG33wwTYKegJZLIZp8_CdBq5w9iIOJ23ltCs0n8HZOps3BeDKpNlz9AyY9go8phgsSNqPXDRzdTaPYz9eWDnv4c0DF4zF8kpENkkrVCIFglHv3CrCIOpcbtJCMvFV218xvDwi8N_MPm1PPEmJAg",
    ),
    (
        "PS512",
        "fJTmITEID_VGnTDt66GwTLTPWRxbfSgbX-WAWff5DcwEiXUTSg5QzE-QOUXfwVB2vTMSKCHh_9C-n8b8Pq8Ap8-Af91hKvUVCdiMZCGVNM7OkYHln7pqlXYPi6xW55ufraw2xeJQAMb1J27LsDcY-yCiyxblZErvJoBGLhfsiKB9ybWk5hSEb5H7WL5_zYkdUD6fXb_snjBevEXxWZi6618XxXp7uk3_Xd3B8AftvdlVRE2fJycC2N3wN6LNY0ggNbjSwzm3QDG2DqwP1NNqju5InR66IRt3FBDkxuhy6xaz5k37bwUBE8wkI1kuNjaT0f6-P12vk2BCbP8jRnPjMw",
    ),
    (
        "ES256",
        "a8wX0yJYuwNIcBeSs-0gCdMWeBhoF-SUaboKZRlVGsC0utHsNyRcB56jKiRmVIvi5f8bWpD6GIlymxgaGtcNaA",
    ),
    (
        "ES384",
        "ZBJSvHBgwZBcJRXI844Fu1FHe6WGFca96KzFH_Zt9pqjYm1TKN4IX5h9ayiM6Mfy6JPL2zBXC_JxhvzBEM7pD4c32XqSNJVEjqIYHmb6fmQmylB0EOvG6hvfRl07NwUQ",
    ),
];
pub(in crate::auth) const SIGNED: &[u8] = b"what openssl has signed";
