"""What every page tells the browser to refuse."""

# No inline script, no inline style, no other host: every asset is a file of ours, and the
# drawings set their sizes by attributes of SVG, which no policy needs to allow.
_SOURCES = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self'",
    "font-src": "'self'",
    "connect-src": "'self'",
    "manifest-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
}
CONTENT_SECURITY_POLICY = "; ".join(f"{name} {value}" for name, value in _SOURCES.items())

# To be set on every answer that is not API: pages, fragments and files.
PAGE_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}

# Of the one page that anybody may put into a frame of theirs: it shows what everybody may see,
# has no form, and its links open elsewhere.
FRAMED_HEADERS = {
    "Content-Security-Policy": "; ".join(
        f"{name} {value}"
        for name, value in {
            **_SOURCES,
            "frame-ancestors": "*",
            "form-action": "'none'",
        }.items()
    ),
    "Cross-Origin-Resource-Policy": "cross-origin",
}
