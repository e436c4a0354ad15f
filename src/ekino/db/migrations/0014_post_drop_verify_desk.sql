-- Whoever decides claims is signed in like everybody else (access.sign_in).

DROP TABLE verify.desk;
